import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.Executors;

/**
 * As much of an API server as the service needs to be ready: one page of each list, and watches in
 * which nothing happens. It is for training only; tests have a real one.
 */
final class SimulatedCluster {

  private static final Map<String, String> ITEMS =
      Map.of(
          "persistentvolumeclaims",
              """
              {"metadata":{"name":"data","namespace":"shop"},
               "spec":{"accessModes":["ReadWriteOncePod"],"volumeName":"volume","storageClassName":"fast"}}
              """,
          "persistentvolumes",
              """
              {"metadata":{"name":"volume"},
               "spec":{"accessModes":["ReadWriteOncePod"],"csi":{"driver":"csi.example.com"},
                "claimRef":{"namespace":"shop","name":"data"}}}
              """,
          "storageclasses",
              "{\"metadata\":{\"name\":\"fast\"},\"provisioner\":\"csi.example.com\"}",
          "csidrivers",
              "{\"metadata\":{\"name\":\"csi.example.com\"},\"spec\":{\"attachRequired\":true}}",
          "namespaces",
              "{\"metadata\":{\"name\":\"shop\",\"labels\":{\"rwop-guard.io/mutate\":\"enabled\"}}}",
          "deployments",
              """
              {"metadata":{"name":"other","namespace":"shop"},
               "spec":{"replicas":1,"template":{"spec":{
                "volumes":[{"name":"data","persistentVolumeClaim":{"claimName":"data"}}]}}}}
              """);

  private final HttpServer server;

  SimulatedCluster() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    // a watch keeps its thread; none may keep this program from ending
    server.setExecutor(Executors.newThreadPerTaskExecutor(Thread.ofVirtual().factory()));
    server.createContext("/", SimulatedCluster::answer);
    server.start();
  }

  String kubeconfig() {
    return """
        apiVersion: v1
        kind: Config
        current-context: training
        contexts: [{name: training, context: {cluster: training, user: training}}]
        clusters: [{name: training, cluster: {server: "http://127.0.0.1:%d"}}]
        users: [{name: training, user: {token: none}}]
        """
        .formatted(server.getAddress().getPort());
  }

  void close() {
    server.stop(0);
  }

  private static void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    if (String.valueOf(exchange.getRequestURI().getQuery()).contains("watch=true")) {
      // its end is the server's
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().flush();
      return;
    }
    byte[] list =
        """
        {"kind":"List","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[%s]}
        """
            .formatted(ITEMS.getOrDefault(path.substring(path.lastIndexOf('/') + 1), ""))
            .getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(200, list.length);
    exchange.getResponseBody().write(list);
    exchange.close();
  }
}
