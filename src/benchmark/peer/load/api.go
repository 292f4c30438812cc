package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// plurals of the kinds that are created here
var plurals = map[string]string{
	"CSIDriver": "csidrivers", "Namespace": "namespaces", "PersistentVolume": "persistentvolumes",
	"PersistentVolumeClaim": "persistentvolumeclaims", "Pod": "pods", "StatefulSet": "statefulsets", "StorageClass": "storageclasses",
}

// api is an API server; requests are made as they are, without the client's own limit on their rate.
type api struct {
	host   string
	client *http.Client
}

func newAPI(kubeconfig string) (*api, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	return &api{host: config.Host, client: client}, nil
}

// post sends an object and returns what the API server made of it, or why it did not.
func (a *api) post(path string, object []byte) ([]byte, error) {
	response, err := a.client.Post(a.host+path, "application/json", bytes.NewReader(object))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusCreated {
		err = fmt.Errorf("%s: status %d: %s", path, response.StatusCode, answer)
	}
	return answer, err
}

func pathOf(object map[string]any) (string, error) {
	version, _ := object["apiVersion"].(string)
	kind, _ := object["kind"].(string)
	metadata, _ := object["metadata"].(map[string]any)
	plural, known := plurals[kind]
	if !known {
		return "", fmt.Errorf("objects of kind %q are not known here", kind)
	}
	path := "/api/"
	if strings.Contains(version, "/") {
		path = "/apis/"
	}
	path += version
	if namespace, _ := metadata["namespace"].(string); namespace != "" {
		path += "/namespaces/" + namespace
	}
	return path + "/" + plural, nil
}

// readObject reads an object, or the one that a review is about.
func readObject(file string) (map[string]any, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if request, ok := object["request"].(map[string]any); ok {
		object, _ = request["object"].(map[string]any)
	}
	return object, nil
}

// create makes objects again and again, in turn, by dry runs, which pass through all of admission and end before etcd.
func create(arguments []string) error {
	flags := flag.NewFlagSet("create", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server")
	with := flags.String("with", "", "what every answer about a StatefulSet has to contain")
	without := flags.String("without", "", "what no answer may contain")
	workers := flags.Int("workers", 4, "how many ask at a time")
	count := flags.Int("count", 1000, "how many requests")
	rate := flags.Float64("rate", 0, "requests per second; 0 for as many as there can be")
	_ = flags.Parse(arguments)
	server, err := newAPI(*kubeconfig)
	if err != nil {
		return err
	}
	var paths []string
	var bodies [][]byte
	for _, file := range flags.Args() {
		object, err := readObject(file)
		if err != nil {
			return err
		}
		path, err := pathOf(object)
		if err != nil {
			return err
		}
		body, err := json.Marshal(object)
		if err != nil {
			return err
		}
		paths, bodies = append(paths, path), append(bodies, body)
	}
	post := func(_, kind int) error {
		answer, err := server.post(paths[kind]+"?dryRun=All", bodies[kind])
		if err != nil {
			return err
		}
		missing := strings.HasSuffix(paths[kind], "/statefulsets") && !bytes.Contains(answer, []byte(*with))
		if missing || *without != "" && bytes.Contains(answer, []byte(*without)) {
			return fmt.Errorf("%s: what was made is not what was expected (with %q, without %q): %s", paths[kind], *with, *without, answer)
		}
		return nil
	}
	for kind := range paths { // the handshake is none of what is measured
		if err := post(0, kind); err != nil {
			return err
		}
	}
	result, err := pace{workers: *workers, count: *count, kinds: len(paths), rate: *rate}.run(post)
	if err != nil {
		return err
	}
	result.print()
	return nil
}
