package io.rwopguard.failover.fence;

import io.rwopguard.config.Failover;
import io.rwopguard.config.Fence;
import io.rwopguard.config.FenceScope;
import io.rwopguard.drivers.Answer;
import io.rwopguard.drivers.DriverKnowledge;
import io.rwopguard.drivers.Drivers;
import io.vertx.core.Vertx;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/** Creates the fences that the settings name. */
public final class Fences {

  private Fences() {}

  /**
   * Creates the registry of all fences.
   *
   * @param mayAsk whether this replica is certain to lead
   * @param namespace the controller's own namespace, which keeps the ledger
   */
  public static FenceRegistry registry(
      Failover settings,
      Vertx vertx,
      FenceApi api,
      BooleanSupplier mayAsk,
      String namespace,
      InstantSource clock) {
    List<FenceProvider> providers = new ArrayList<>();
    new TreeMap<>(settings.fences())
        .forEach((name, fence) -> providers.add(provider(name, fence, vertx, api, mayAsk, clock)));
    return new FenceRegistry(
        providers,
        routes(settings),
        Fences::mayKeepStaleMappings,
        new FenceLedger(new ApiLedgerStore(api, namespace), namespace),
        clock);
  }

  /** Returns whether a driver keeps stale mappings, or is not known to keep none. */
  static boolean mayKeepStaleMappings(String driver) {
    return Drivers.of(driver)
        .map(DriverKnowledge::staleMappings)
        .filter(Answer.NO::equals)
        .isEmpty();
  }

  static FenceRoutes routes(Failover settings) {
    Set<String> stated =
        settings.drivers().entrySet().stream()
            .filter(driver -> driver.getValue().stoppedByFence())
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    Map<String, Set<String>> routes = new HashMap<>();
    settings.fences().forEach((name, fence) -> routes.put(name, fence.drivers().orElse(stated)));
    return new FenceRoutes(routes);
  }

  private static FenceProvider provider(
      String name,
      Fence fence,
      Vertx vertx,
      FenceApi api,
      BooleanSupplier mayAsk,
      InstantSource clock) {
    return switch (fence.type()) {
      case HTTPS ->
          new HttpsFence(
              vertx,
              new HttpsFenceSettings(
                  name,
                  fence.scope() == FenceScope.NODE ? Scope.NODE : Scope.VOLUMES,
                  fence.url().orElseThrow(),
                  fence.caCertificate(),
                  fence.tokenFile(),
                  fence.timeout(),
                  fence.attempts(),
                  fence.retryAfter()),
              mayAsk,
              System::nanoTime);
      case NETWORK_FENCE ->
          new NetworkFenceProvider(
              new NetworkFenceProvider.Settings(
                  name,
                  fence.drivers().orElseThrow().iterator().next(),
                  fence.networkFenceClass(),
                  fence.secretName(),
                  fence.secretNamespace()),
              api);
      case FENCE_AGENTS_REMEDIATION ->
          new RemediationProvider(
              new RemediationProvider.Settings(
                  name,
                  fence.template().orElseThrow(),
                  fence.templateNamespace().orElseThrow(),
                  fence.retryAfter()),
              api,
              clock);
    };
  }
}
