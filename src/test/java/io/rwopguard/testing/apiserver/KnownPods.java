package io.rwopguard.testing.apiserver;

import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.GeneralSecurityException;
import java.time.Duration;

/**
 * Pods on ReadWriteOncePod claims, and whether a service knows of one: it warns of a second Pod on
 * the claim. It hears of Pods by its watch only.
 */
public final class KnownPods {

  private static final String NAMESPACE = "months";

  private final KubernetesClient client;

  public KnownPods(KubernetesClient client) {
    this.client = client;
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .create();
  }

  /** Creates a claim and a Pod on it, both of this name. */
  public void create(String name) {
    client
        .resource(
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata: {name: %s, namespace: %s}
            spec:
              accessModes: [ReadWriteOncePod]
              resources: {requests: {storage: 1Gi}}
            """
                .formatted(name, NAMESPACE))
        .create();
    client
        .resource(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: %1$s, namespace: %2$s}
            spec:
              containers: [{name: db, image: db, volumeMounts: [{name: data, mountPath: /data}]}]
              volumes: [{name: data, persistentVolumeClaim: {claimName: %1$s}}]
            """
                .formatted(name, NAMESPACE))
        .create();
  }

  /** Deletes the Pod and keeps the claim. */
  public void delete(String name) {
    client.pods().inNamespace(NAMESPACE).withName(name).withGracePeriod(0).delete();
  }

  /**
   * Returns whether the service knows the Pod of this name, by what it answers about a second one.
   */
  public static boolean isKnown(ServiceProcess service, String host, String name)
      throws IOException, InterruptedException, GeneralSecurityException {
    String review =
        """
        {"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u",
         "operation":"CREATE","kind":{"group":"","version":"v1","kind":"Pod"},
         "namespace":"%1$s","name":"second","object":{
          "metadata":{"namespace":"%1$s","name":"second"},
          "spec":{"containers":[{"name":"db","image":"db"}],
           "volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"%2$s"}}]}}}}
        """
            .formatted(NAMESPACE, name);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("https://%s:%d/validate".formatted(host, service.port())))
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(20))
            .POST(HttpRequest.BodyPublishers.ofString(review))
            .build();
    return HttpClient.newBuilder()
        .sslContext(Tls.trusting(service.ca()))
        .build()
        .send(request, HttpResponse.BodyHandlers.ofString())
        .body()
        .contains("(claim-in-use)");
  }
}
