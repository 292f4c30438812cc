package main

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"sync"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	provisioning "sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// provisioner makes the volumes that claims of the drivers' storage classes ask for.
type provisioner struct {
	driver, data string
}

func provision(kubeconfig, data string) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		log.Fatal(err)
	}
	client := kubernetes.NewForConfigOrDie(config)
	var all sync.WaitGroup
	for driver := range drivers {
		// one after the other: each registers types in the same table
		controller := provisioning.NewProvisionController(context.Background(), client, driver, &provisioner{driver, data},
			provisioning.LeaderElection(false))
		all.Go(func() { controller.Run(context.Background()) })
	}
	all.Wait()
}

func (p *provisioner) Provision(_ context.Context, options provisioning.ProvisionOptions) (*v1.PersistentVolume, provisioning.ProvisioningState, error) {
	claim := options.PVC
	return &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: options.PVName},
		Spec: v1.PersistentVolumeSpec{
			AccessModes:                   claim.Spec.AccessModes,
			Capacity:                      v1.ResourceList{v1.ResourceStorage: claim.Spec.Resources.Requests[v1.ResourceStorage]},
			PersistentVolumeReclaimPolicy: *options.StorageClass.ReclaimPolicy,
			PersistentVolumeSource: v1.PersistentVolumeSource{
				CSI: &v1.CSIPersistentVolumeSource{Driver: p.driver, VolumeHandle: options.PVName}},
		},
	}, provisioning.ProvisioningFinished, nil
}

func (p *provisioner) Delete(_ context.Context, volume *v1.PersistentVolume) error {
	return os.RemoveAll(filepath.Join(p.data, "volumes", filepath.Base(volume.Spec.CSI.VolumeHandle)))
}
