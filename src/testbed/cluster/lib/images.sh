# Images that are made without a container engine, and how nodes get them; sourced by cluster.

# Writes $STATE/images.tar: pause, for the kubelet, and busybox, for tests.
make_images() {
  local root=$STATE/image-root
  mkdir -p "$root/pause" "$root/busybox/bin" "$root/busybox/tmp" "$root/busybox/etc"
  cp "$BIN/pause" "$root/pause/"
  for applet in $(/bin/busybox --list); do ln -s busybox "$root/busybox/bin/$applet"; done
  # one of the applets is busybox
  cp --remove-destination /bin/busybox "$root/busybox/bin/"
  chmod 1777 "$root/busybox/tmp"
  image pause '["/pause"]'
  image busybox '["/bin/sh"]'
  archive "$STATE/images.tar" pause busybox
}

# Writes $STATE/programs.tar, with an image for each NAME=FILE: it has nothing but this program in /bin, which needs no libraries.
make_program_images() {
  local root=$STATE/program-root program name names=()
  for program in "$@"; do
    name=${program%%=*}
    mkdir -p "$root/$name/bin"
    cp "${program#*=}" "$root/$name/bin/$name"
    image "$name" "[\"/bin/$name\"]"
    names+=("$name")
  done
  archive "$STATE/programs.tar" "${names[@]}"
}

# image NAME ENTRYPOINT: its only layer and its description, as docker save writes them
image() {
  tar -C "$root/$1" --owner=0 --group=0 -cf "$root/$1.tar" .
  cat > "$root/$1.json" << JSON
{"architecture": "$(dpkg --print-architecture)", "os": "linux", "config": {"Entrypoint": $2, "Env": ["PATH=/bin"]},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$(sha256sum < "$root/$1.tar" | cut -d' ' -f1)"]}}
JSON
  echo "{\"Config\": \"$1.json\", \"RepoTags\": [\"registry.invalid/$1:1\"], \"Layers\": [\"$1.tar\"]}" > "$root/$1.manifest"
}

# archive FILE NAME...: these images of $root in one file, as docker save writes it
archive() {
  local file=$1 name manifests="" parts=()
  shift
  for name in "$@"; do
    manifests+="${manifests:+, }$(cat "$root/$name.manifest")"
    parts+=("$name.tar" "$name.json")
  done
  echo "[$manifests]" > "$root/manifest.json"
  tar -C "$root" -cf "$file" manifest.json "${parts[@]}"
  rm -rf "$root"
}

# give_images NODE FILE
give_images() {
  await 30 "containerd of $1" on_node "$1" ctr version
  on_node "$1" ctr -n k8s.io images import --no-unpack=false - < "$2" > /dev/null || { say "$1 does not take $2"; exit 1; }
}
