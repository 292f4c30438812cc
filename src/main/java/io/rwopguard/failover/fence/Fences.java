package io.rwopguard.failover.fence;

import io.rwopguard.config.FailoverConfig;
import io.rwopguard.config.FenceConfig;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Creates the fences that the settings name. */
public final class Fences {

  private Fences() {}

  /**
   * The leadership of this replica, as far as fences depend on it.
   *
   * @param isCertain whether this replica is certain to lead
   * @param wins the number of times that this replica won the election
   * @param margin the time after {@code isCertain} for which no other replica leads
   */
  public record Lead(BooleanSupplier isCertain, LongSupplier wins, Duration margin) {}

  /**
   * Creates the registry of all fences.
   *
   * @param keepsStaleMappings whether a node that was cut from volumes of this driver may hold
   *     stale mappings until it reboots
   * @param namespace the controller's own namespace, which keeps the ledger
   */
  public static FenceRegistry registry(
      FailoverConfig settings,
      Vertx vertx,
      FenceApi api,
      Lead lead,
      Predicate<String> keepsStaleMappings,
      String namespace,
      InstantSource clock) {
    LedgerStore store = new ApiLedgerStore(api, namespace);
    FenceSequence sequence = new FenceSequence(store, namespace, lead.wins(), clock);
    List<FenceProvider> providers = new ArrayList<>();
    new TreeMap<>(settings.fences())
        .forEach(
            (name, fence) ->
                providers.add(
                    switch (fence.type()) {
                      case HTTPS -> https(name, fence, vertx, lead, sequence);
                      case NETWORK_FENCE -> networkFence(name, fence, api);
                      case FENCE_AGENTS_REMEDIATION -> remediation(name, fence, api, clock);
                    }));
    return new FenceRegistry(
        providers, routes(settings), keepsStaleMappings, new FenceLedger(store, namespace), clock);
  }

  static FenceRoutes routes(FailoverConfig settings) {
    Set<String> stated =
        settings.drivers().entrySet().stream()
            .filter(driver -> driver.getValue().stoppedByFence())
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    Map<String, Set<String>> routes = new HashMap<>();
    settings.fences().forEach((name, fence) -> routes.put(name, fence.drivers().orElse(stated)));
    return new FenceRoutes(routes);
  }

  private static FenceProvider https(
      String name, FenceConfig fence, Vertx vertx, Lead lead, FenceSequence sequence) {
    return new HttpsFence(
        vertx,
        new HttpsFenceSettings(
            name,
            fence.scope(),
            fence.url().orElseThrow(),
            fence.caCertificate(),
            fence.tokenFile(),
            fence.timeout(),
            lead.margin(),
            fence.attempts(),
            fence.retryAfter()),
        lead.isCertain(),
        sequence,
        System::nanoTime);
  }

  private static FenceProvider networkFence(String name, FenceConfig fence, FenceApi api) {
    return new NetworkFenceProvider(
        new NetworkFenceProvider.Settings(
            name,
            fence.drivers().orElseThrow().iterator().next(),
            fence.networkFenceClass(),
            fence.secretName(),
            fence.secretNamespace()),
        api);
  }

  private static FenceProvider remediation(
      String name, FenceConfig fence, FenceApi api, InstantSource clock) {
    return new RemediationProvider(
        new RemediationProvider.Settings(
            name,
            fence.template().orElseThrow(),
            fence.templateNamespace().orElseThrow(),
            fence.retryAfter()),
        api,
        clock);
  }
}
