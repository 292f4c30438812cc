// Command csi-driver is the storage of the test cluster: a volume is a directory of this machine, shared by all its nodes as a disk array is,
// a volume of a driver that attaches is given to one node at a time, and a driver that fences takes it away from the old one. The storage of one
// driver blocks nodes by their addresses.
//
//	csi-driver controller --kubeconfig FILE --data DIR --sockets DIR
//	csi-driver node --node NAME --address IP --data DIR --kubelet DIR
//	csi-driver block|unblock --address IP --data DIR
//	csi-driver stall --seconds N --data DIR
//	csi-driver resume --data DIR
package main

import (
	"flag"
	"log"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
)

// What takes a node's access to a volume away. Without it, what runs on the node reads and writes the volume for as long as it is mounted there.
const (
	nothing  = ""
	byDetach = "detach"
	byBlock  = "block"
)

// The drivers, and what takes a node's access to their volumes away. The last two do not attach.
var drivers = map[string]string{
	"fenced.csi.rwop-guard.io":   byDetach,
	"attached.csi.rwop-guard.io": nothing,
	"unfenced.csi.rwop-guard.io": nothing,
	"network.csi.rwop-guard.io":  byBlock,
}

func main() {
	log.SetFlags(log.Ltime | log.Lmicroseconds)
	if len(os.Args) < 2 {
		log.Fatal("name a command: controller, node, block, unblock, stall or resume")
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	data := flags.String("data", "", "the folder that volumes are made in")
	kubeconfig := flags.String("kubeconfig", "", "how a controller reaches the API server")
	sockets := flags.String("sockets", "", "the folder of the controllers' sockets")
	node := flags.String("node", "", "the name of the node that volumes are mounted on")
	address := flags.String("address", "", "the node's address, as the storage sees it")
	kubelet := flags.String("kubelet", "", "the kubelet's root folder")
	seconds := flags.Int("seconds", 0, "for how long the storage hangs, 120 at most")
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
		for driver, revoked := range drivers {
			socket := filepath.Join(*kubelet, "plugins", driver, "csi.sock")
			server := grpc.NewServer()
			csi.RegisterIdentityServer(server, &identity{driver: driver})
			csi.RegisterNodeServer(server, &nodeServer{node: *node, address: *address, publications: publications{*data}, revoked: revoked})
			go serve(server, socket)
			go register(driver, socket, filepath.Join(*kubelet, "plugins_registry", driver+"-reg.sock"))
		}
		select {}
	case "block":
		must(clients(*data).block(*address))
	case "unblock":
		must(clients(*data).unblock(*address))
	case "stall":
		if *seconds < 1 || *seconds > 120 {
			log.Fatal("the storage can hang for 1 to 120 seconds")
		}
		must(stallOf(*data).begin(time.Duration(*seconds) * time.Second))
	case "resume":
		must(stallOf(*data).end())
	default:
		log.Fatalf("no command %s: controller, node, block, unblock, stall or resume", os.Args[1])
	}
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
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
