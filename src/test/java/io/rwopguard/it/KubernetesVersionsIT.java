package io.rwopguard.it;

import io.rwopguard.testing.Sampled;
import io.rwopguard.testing.apiserver.OnOlderApiServer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/**
 * Runs on an older version of Kubernetes what depends on the API server most: its CEL, its
 * validation, and its calls of webhooks. Each run chooses a version by its seed, and one of the
 * three long classes. {@code src/testbed/kubernetes-versions run} runs more classes on all
 * versions.
 */
@Execution(ExecutionMode.CONCURRENT)
@ResourceLock("second API server")
@Order(Order.DEFAULT + 1)
class KubernetesVersionsIT {

  @Nested
  @OnOlderApiServer
  @Sampled(classes = 3, turn = 0)
  class MatchConditions extends MatchConditionsIT {}

  @Nested
  @OnOlderApiServer
  @Sampled
  class Policies extends PoliciesIT {}

  @Nested
  @OnOlderApiServer
  @Sampled
  class InstalledPolicies extends InstalledPoliciesIT {}

  @Nested
  @OnOlderApiServer
  @Sampled(classes = 3, turn = 2)
  class ChartInstallation extends ChartInstallationIT {}

  @Nested
  @OnOlderApiServer
  @Sampled(classes = 3, turn = 1)
  class Traps extends TrapsThroughApiServerIT {}
}
