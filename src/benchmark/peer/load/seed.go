package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"sync"
)

const claimsInANamespace = 200

// seed makes the cluster that the services are to know: claims, each with its volume, and what the measured requests ask about.
func seed(arguments []string) error {
	flags := flag.NewFlagSet("seed", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server")
	file := flags.String("volume", "", "the volume to make copies of, or a review of it")
	count := flags.Int("claims", 5000, "how many claims, and volumes")
	_ = flags.Parse(arguments)
	volume, err := readObject(*file)
	if err != nil {
		return err
	}
	server, err := newAPI(*kubeconfig)
	if err != nil {
		return err
	}
	objects := around()
	for i := 0; i < *count; i += claimsInANamespace {
		objects = append(objects, namespace(namespaceOf(i), nil))
	}
	if err := server.createAll(1, objects); err != nil {
		return err
	}
	objects = nil
	for i := range *count {
		objects = append(objects, copyOf(volume, i), claim(namespaceOf(i), claimName(i), volumeName(i)))
	}
	return server.createAll(8, objects)
}

// around is what the measured requests ask about. A claim has no volume yet when its volume is made.
func around() []map[string]any {
	return []map[string]any{
		namespace("shop", map[string]any{"rwop-guard.io/mutate": "enabled"}),
		object("storage.k8s.io/v1", "CSIDriver", map[string]any{"name": "ebs.csi.aws.com"}, map[string]any{"attachRequired": true}),
		{
			"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": map[string]any{"name": "gp3"},
			"provisioner": "ebs.csi.aws.com", "volumeBindingMode": "WaitForFirstConsumer",
		},
		claim("shop", "data-orders-db-0", ""),
	}
}

func (a *api) createAll(workers int, objects []map[string]any) error {
	next := make(chan map[string]any, len(objects))
	for _, object := range objects {
		next <- object
	}
	close(next)
	failures := make([]error, workers)
	var wait sync.WaitGroup
	for worker := range workers {
		wait.Go(func() {
			for object := range next {
				if failures[worker] = a.createOne(object); failures[worker] != nil {
					return
				}
			}
		})
	}
	wait.Wait()
	return errors.Join(failures...)
}

func (a *api) createOne(object map[string]any) error {
	path, err := pathOf(object)
	if err != nil {
		return err
	}
	body, err := json.Marshal(object)
	if err != nil {
		return err
	}
	_, err = a.post(path, body)
	return err
}

func object(version, kind string, metadata, spec map[string]any) map[string]any {
	return map[string]any{"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}
}

func namespace(name string, labels map[string]any) map[string]any {
	return object("v1", "Namespace", map[string]any{"name": name, "labels": labels}, nil)
}

func namespaceOf(i int) string { return fmt.Sprintf("team-%02d", i/claimsInANamespace) }
func claimName(i int) string   { return fmt.Sprintf("data-%05d", i) }
func volumeName(i int) string  { return fmt.Sprintf("pvc-8b1f2c36-6d1e-4b0b-9d0a-3c8e2f5%05d", i) }

func claim(namespace, name, volume string) map[string]any {
	metadata := map[string]any{
		"namespace": namespace, "name": name,
		"labels": map[string]any{
			"app.kubernetes.io/name": "web", "app.kubernetes.io/instance": "web-production", "app.kubernetes.io/managed-by": "Helm",
		},
		"annotations": map[string]any{
			"volume.beta.kubernetes.io/storage-provisioner": "ebs.csi.aws.com",
			"volume.kubernetes.io/storage-provisioner":      "ebs.csi.aws.com",
			"volume.kubernetes.io/selected-node":            "worker-17.cluster.example.org",
		},
	}
	return object("v1", "PersistentVolumeClaim", metadata, map[string]any{
		"accessModes": []string{"ReadWriteOncePod"}, "storageClassName": "gp3", "volumeMode": "Filesystem", "volumeName": volume,
		"resources": map[string]any{"requests": map[string]any{"storage": "50Gi"}},
	})
}

// copyOf makes of a volume the one that the claim of this rank is bound to.
func copyOf(volume map[string]any, i int) map[string]any {
	spec := map[string]any{}
	for field, value := range volume["spec"].(map[string]any) {
		spec[field] = value
	}
	spec["claimRef"] = map[string]any{
		"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": namespaceOf(i), "name": claimName(i),
	}
	annotations := volume["metadata"].(map[string]any)["annotations"]
	return object("v1", "PersistentVolume", map[string]any{"name": volumeName(i), "annotations": annotations}, spec)
}
