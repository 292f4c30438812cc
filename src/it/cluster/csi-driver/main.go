// Command csi-driver is the storage of the test cluster: a volume is a directory of this machine, shared by all its nodes as a disk array is,
// a volume of a driver that attaches is given to one node at a time, and a driver that fences takes it away from the old one.
//
//	csi-driver controller --kubeconfig FILE --data DIR --sockets DIR
//	csi-driver node --node NAME --data DIR --kubelet DIR
package main

import (
	"flag"
	"log"
	"net"
	"os"
	"path/filepath"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
)

// The drivers, and whether a node loses its access to a volume of theirs when the volume is detached. That of the other one that attaches can
// be read and written by what runs on the old node for as long as it is mounted there, and the last one does not attach.
var drivers = map[string]bool{
	"fenced.csi.rwop-guard.io":   true,
	"attached.csi.rwop-guard.io": false,
	"unfenced.csi.rwop-guard.io": false,
}

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	if len(os.Args) < 2 {
		log.Fatal("say which part to play: controller or node")
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	data := flags.String("data", "", "the folder that volumes are made in")
	kubeconfig := flags.String("kubeconfig", "", "how a controller reaches the API server")
	sockets := flags.String("sockets", "", "the folder of the controllers' sockets")
	node := flags.String("node", "", "the name of the node that volumes are mounted on")
	kubelet := flags.String("kubelet", "", "the kubelet's root folder")
	_ = flags.Parse(os.Args[2:])

	switch os.Args[1] {
	case "controller":
		for driver := range drivers {
			server := grpc.NewServer()
			csi.RegisterIdentityServer(server, &identity{driver: driver, controller: true})
			csi.RegisterControllerServer(server, &controller{publications: publications{*data}})
			go serve(server, filepath.Join(*sockets, driver+".sock"))
		}
		provision(*kubeconfig, *data)
	case "node":
		// whoever makes a file on a volume has had his own mask applied
		unix.Umask(0)
		for driver, fences := range drivers {
			socket := filepath.Join(*kubelet, "plugins", driver, "csi.sock")
			server := grpc.NewServer()
			csi.RegisterIdentityServer(server, &identity{driver: driver})
			csi.RegisterNodeServer(server, &nodeServer{node: *node, publications: publications{*data}, fences: fences})
			go serve(server, socket)
			go register(driver, socket, filepath.Join(*kubelet, "plugins_registry", driver+"-reg.sock"))
		}
		select {}
	default:
		log.Fatalf("no part %s: controller or node", os.Args[1])
	}
}

// serve answers on a Unix socket until the process ends.
func serve(server *grpc.Server, socket string) {
	if err := os.MkdirAll(filepath.Dir(socket), 0o755); err != nil {
		log.Fatal(err)
	}
	_ = os.Remove(socket)
	listener, err := net.Listen("unix", socket)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(server.Serve(listener))
}
