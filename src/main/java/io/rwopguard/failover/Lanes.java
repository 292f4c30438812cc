package io.rwopguard.failover;

import io.rwopguard.failover.cluster.NotLeaderException;
import io.rwopguard.kube.ConditionLog;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jboss.logging.Logger;

/**
 * Runs work in parallel, but never two pieces with the same key at a time. It reports a piece that
 * fails under its key. Such a piece never keeps another from running.
 */
final class Lanes {

  private static final Logger LOG = Logger.getLogger(Lanes.class);

  private final Executor executor;
  private final ConditionLog problems;
  private final Set<String> busy = ConcurrentHashMap.newKeySet();

  Lanes(Executor executor, ConditionLog problems) {
    this.executor = executor;
    this.problems = problems;
  }

  /** Runs a piece of work, unless one with this key is running. */
  void run(String key, Runnable work) {
    if (!busy.add(key)) {
      return;
    }
    try {
      executor.execute(
          () -> {
            try {
              work.run();
              problems.solved(key);
            } catch (NotLeaderException e) {
              // the new leader resumes it
            } catch (RuntimeException e) {
              problems.found(key, e);
              LOG.debugf(e, "%s failed", key);
            } catch (Error e) {
              problems.found(key, e);
              LOG.errorf(e, "%s failed", key);
            } finally {
              busy.remove(key);
            }
          });
    } catch (RejectedExecutionException e) {
      // the service is shutting down
      busy.remove(key);
    } catch (RuntimeException | Error e) {
      // for example, no memory for another thread; the next pass tries again
      busy.remove(key);
      problems.found(key, e);
    }
  }
}
