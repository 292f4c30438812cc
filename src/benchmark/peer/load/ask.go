package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

const streams = 16 // on each connection; enough that at half of what a service can do none has to wait

// ask posts a review to a webhook at a constant rate, over HTTP/2 and TLS, and wants each answer to do what the given one does.
func ask(arguments []string) error {
	flags := flag.NewFlagSet("ask", flag.ExitOnError)
	url := flags.String("url", "", "the webhook")
	ca := flags.String("ca", "", "the CA of its certificate, PEM")
	body := flags.String("body", "", "the review to post")
	answer := flags.String("answer", "", "the right answer")
	rate := flags.Float64("rate", 1000, "requests per second")
	seconds := flags.Float64("seconds", 10, "for how long")
	connections := flags.Int("connections", 4, "connections")
	_ = flags.Parse(arguments)
	review, err := os.ReadFile(*body)
	if err != nil {
		return err
	}
	expected, err := os.ReadFile(*answer)
	if err != nil {
		return err
	}
	answers := &answers{review: review, expected: bytes.TrimSpace(expected)}
	clients, err := http2Clients(*ca, *connections)
	if err != nil {
		return err
	}
	post := func(worker, _ int) error {
		return post(clients[worker%*connections], *url, review, answers)
	}
	for worker := range clients {
		// the handshake is none of what is measured
		if err := post(worker, 0); err != nil {
			return err
		}
	}
	result, err := pace{workers: *connections * streams, count: int(*rate * *seconds), kinds: 1, rate: *rate}.run(post)
	if err != nil {
		return err
	}
	result.print()
	return nil
}

// http2Clients have one connection each.
func http2Clients(ca string, count int) ([]*http.Client, error) {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New(ca + " holds no certificate in PEM")
	}
	clients := make([]*http.Client, count)
	for i := range clients {
		protocols := new(http.Protocols)
		protocols.SetHTTP2(true)
		clients[i] = &http.Client{
			Timeout: 30 * time.Second,
			Transport: &http.Transport{
				TLSClientConfig: &tls.Config{RootCAs: roots},
				Protocols:       protocols,
				HTTP2:           &http.HTTP2Config{StrictMaxConcurrentRequests: true},
			},
		}
	}
	return clients, nil
}

func post(client *http.Client, url string, review []byte, answers *answers) error {
	response, err := client.Post(url, "application/json", bytes.NewReader(review))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %d: %.300s", url, response.StatusCode, answer)
	}
	return answers.check(bytes.TrimSpace(answer))
}

// answers knows those that have been found to be right, so that each is looked into only once: the order of a patch's operations may differ.
type answers struct {
	review, expected []byte
	right            sync.Map
}

func (a *answers) check(answer []byte) error {
	if bytes.Equal(answer, a.expected) {
		return nil
	}
	if _, known := a.right.Load(string(answer)); known {
		return nil
	}
	if err := doTheSame(a.review, a.expected, answer); err != nil {
		return fmt.Errorf("an answer is not like the checked one: %w: %.300s", err, answer)
	}
	a.right.Store(string(answer), true)
	return nil
}
