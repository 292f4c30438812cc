package io.rwopguard.testing.apiserver;

import io.fabric8.kubernetes.client.Config;
import io.rwopguard.testing.network.StallingProxy;
import io.rwopguard.testing.network.Tls;
import io.rwopguard.testing.process.ServiceProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;

/**
 * A controller whose management port is secure. It has the two rights to ask a real API server
 * about callers, and no others. Of two ServiceAccounts, {@code reader} may read metrics and the
 * report of failover, and {@code tenant} may not.
 */
public final class SecureController implements AutoCloseable {

  private static final String NAMESPACE = "management-access";

  private static final String MANIFESTS =
      """
      apiVersion: v1
      kind: Namespace
      metadata: {name: management-access}
      ---
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: management-guard, namespace: management-access}
      ---
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: reader, namespace: management-access}
      ---
      apiVersion: v1
      kind: ServiceAccount
      metadata: {name: tenant, namespace: management-access}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: management-access-guard}
      rules:
        - {apiGroups: [authentication.k8s.io], resources: [tokenreviews], verbs: [create]}
        - {apiGroups: [authorization.k8s.io], resources: [subjectaccessreviews], verbs: [create]}
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: management-access-guard}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: management-access-guard}
      subjects: [{kind: ServiceAccount, name: management-guard, namespace: management-access}]
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRole
      metadata: {name: management-access-reader}
      rules:
        - {nonResourceURLs: [/failover, /q/metrics], verbs: [get]}
      """;

  private static final String BINDING =
      """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: management-access-reader}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: management-access-reader}
      subjects: [{kind: ServiceAccount, name: reader, namespace: management-access}]
      """;

  private final ApiServer api;
  private final StallingProxy proxy;
  private final ServiceProcess service;
  private final String reader;
  private final String tenant;

  public SecureController(ApiServer api, Path directory) throws IOException, InterruptedException {
    this.api = api;
    apply(MANIFESTS);
    grant();
    Config config = api.client().getConfiguration();
    proxy = new StallingProxy(URI.create(config.getMasterUrl()));
    Path account = SelfManagedInstallation.kubeconfig(api, NAMESPACE, "management-guard");
    Path kubeconfig =
        Files.writeString(
            directory.resolve("kubeconfig"),
            Files.readString(account)
                .replace(
                    config.getMasterUrl().replaceFirst("/$", ""),
                    "https://127.0.0.1:" + proxy.port()));
    service =
        new ServiceProcess(
            ServiceProcess.SECURE,
            "rwop-guard.run=failover",
            "rwop-guard.kubeconfig=" + kubeconfig,
            "rwop-guard.management.allowed-for=1s",
            "rwop-guard.management.denied-for=0s",
            "rwop-guard.management.reader-role=the-reader");
    reader = token("reader");
    tenant = token("tenant");
  }

  private void apply(String manifest) throws IOException, InterruptedException {
    ApiServer.KubectlResult applied = api.kubectl(manifest, "apply", "-f", "-");
    if (applied.exitCode() != 0) {
      throw new IllegalStateException(applied.output());
    }
  }

  public ServiceProcess service() {
    return service;
  }

  /** A token of the ServiceAccount that may read. */
  public String reader() {
    return reader;
  }

  /** A token of the ServiceAccount that may not read. */
  public String tenant() {
    return tenant;
  }

  /** Creates a token, with these further arguments of kubectl. */
  public String token(String account, String... more) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("create", "token", account, "-n", NAMESPACE));
    command.addAll(List.of(more));
    return api.kubectl("", command.toArray(String[]::new)).output().strip();
  }

  /** Lets the reader read. */
  public void grant() throws IOException, InterruptedException {
    apply(BINDING);
  }

  /** Lets the reader read no longer. */
  public void revoke() throws IOException, InterruptedException {
    api.kubectl(BINDING, "delete", "--ignore-not-found", "-f", "-");
  }

  /** Sends a request with a token, once. */
  public HttpResponse<String> once(String path, String token)
      throws IOException, InterruptedException {
    return service.management(path, "Authorization", "Bearer " + token);
  }

  /** Sends a request with a token again while too many were sent just before. */
  public HttpResponse<String> get(String path, String token)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = once(path, token);
    for (int i = 0; i < 100 && answer.statusCode() == 429; i++) {
      Thread.sleep(100);
      answer = once(path, token);
    }
    return answer;
  }

  /** Sends a request with a token, and waits for no answer. */
  public Socket request(String path, String token) throws IOException, GeneralSecurityException {
    Socket socket =
        Tls.trustingAnything()
            .getSocketFactory()
            .createSocket(InetAddress.getLoopbackAddress(), service.managementPort());
    String request = "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n";
    socket
        .getOutputStream()
        .write(request.formatted(path, token).getBytes(StandardCharsets.ISO_8859_1));
    return socket;
  }

  /** Sends these bytes over TLS, and returns what the port sends until it closes the connection. */
  public String send(String request) throws IOException, GeneralSecurityException {
    try (Socket socket =
        Tls.trustingAnything()
            .getSocketFactory()
            .createSocket(InetAddress.getLoopbackAddress(), service.managementPort())) {
      return exchange(socket, request);
    }
  }

  /** Does the same without TLS. */
  public String sendPlain(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.managementPort())) {
      return exchange(socket, request);
    }
  }

  private static String exchange(Socket socket, String request) throws IOException {
    socket.setSoTimeout(10_000);
    socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    try {
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      // it ended the connection, and said nothing before
      return "";
    }
  }

  /** Lets the API server answer nothing on the connections that are open now. */
  public void stall() {
    proxy.stall();
  }

  /** Cuts the controller off from the API server, for good. */
  public void cutOff() {
    proxy.close();
  }

  @Override
  public void close() throws IOException {
    service.close();
    proxy.close();
    try {
      revoke();
      api.kubectl(MANIFESTS, "delete", "--ignore-not-found", "--wait=false", "-f", "-");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
