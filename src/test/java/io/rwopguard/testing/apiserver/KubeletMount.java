package io.rwopguard.testing.apiserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Volumes of Secrets, ConfigMaps and tokens as a kubelet writes them (its AtomicWriter). */
public final class KubeletMount {

  private KubeletMount() {}

  /** Replaces all files of a volume at once by those of a folder in it. */
  public static void swap(Path mount, Path folder) throws IOException {
    Path draft = mount.resolve("..data_tmp");
    Files.createSymbolicLink(draft, folder.getFileName());
    Files.move(
        draft,
        mount.resolve("..data"),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
