// The benchmark's peer: an admission webhook as somebody would write it who knows controller-runtime well.
package main

import (
	"context"
	"errors"
	"flag"
	"net/http"
	"os"
	"sync/atomic"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

func main() {
	host := flag.String("host", "127.0.0.1", "the address to listen on")
	port := flag.Int("port", 9443, "the port of the webhooks, TLS")
	certificates := flag.String("certificates", "", "the directory with tls.crt and tls.key")
	probes := flag.String("probes", "127.0.0.1:8081", "address and port of healthz and readyz")
	metrics := flag.String("metrics", "127.0.0.1:8080", "address and port of the metrics")
	flag.Parse()
	// without options: JSON, level info, sampled, as in production
	ctrl.SetLogger(zap.New())
	mgr, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                 scheme,
		Cache:                  cacheOptions(),
		Metrics:                metricsserver.Options{BindAddress: *metrics},
		HealthProbeBindAddress: *probes,
		WebhookServer:          webhook.NewServer(webhook.Options{Host: *host, Port: *port, CertDir: *certificates}),
	})
	if err != nil {
		fail(err, "the manager could not be made")
	}
	ctx := ctrl.SetupSignalHandler()
	if err := setUp(ctx, mgr); err != nil {
		fail(err, "the manager could not be set up")
	}
	if err := mgr.Start(ctx); err != nil {
		fail(err, "the manager ended")
	}
}

func setUp(ctx context.Context, mgr manager.Manager) error {
	if err := startInformers(ctx, mgr); err != nil {
		return err
	}
	claims := &claims{known: mgr.GetClient()}
	decoder := admission.NewDecoder(scheme)
	server := mgr.GetWebhookServer()
	server.Register("/validate", &admission.Webhook{Handler: &validator{claims: claims, decoder: decoder}})
	server.Register("/mutate", &admission.Webhook{Handler: &mutator{claims: claims, decoder: decoder}})
	synced := &afterSync{}
	return errors.Join(
		mgr.Add(synced),
		mgr.AddHealthzCheck("ping", healthz.Ping),
		mgr.AddReadyzCheck("cache", synced.check),
		mgr.AddReadyzCheck("webhooks", server.StartedChecker()))
}

// afterSync is started by the manager once the cache has been filled.
type afterSync struct{ done atomic.Bool }

func (a *afterSync) Start(context.Context) error {
	a.done.Store(true)
	return nil
}

func (a *afterSync) NeedLeaderElection() bool { return false }

func (a *afterSync) check(*http.Request) error {
	if !a.done.Load() {
		return errors.New("the cache is not filled yet")
	}
	return nil
}

func fail(err error, message string) {
	ctrl.Log.Error(err, message)
	os.Exit(1)
}
