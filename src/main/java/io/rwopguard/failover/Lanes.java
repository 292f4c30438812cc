package io.rwopguard.failover;

import io.rwopguard.cluster.Problems;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jboss.logging.Logger;

/**
 * Runs work side by side, but never two pieces of the same key at a time. A piece that fails is
 * reported under its key and never keeps another from running.
 */
final class Lanes {

  private static final Logger LOG = Logger.getLogger(Lanes.class);

  private final Executor executor;
  private final Problems problems;
  private final Set<String> busy = ConcurrentHashMap.newKeySet();

  Lanes(Executor executor, Problems problems) {
    this.executor = executor;
    this.problems = problems;
  }

  /** Runs a piece of work, unless one of this key is running. */
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
              // the replica that leads now resumes it
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
      // the service ends
      busy.remove(key);
    } catch (RuntimeException | Error e) {
      // no memory for another thread, for example; the next pass tries again
      busy.remove(key);
      problems.found(key, e);
    }
  }
}
