package io.rwopguard.testing.apiserver;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Sends tokens that no one knows to the management port of a controller, until it is closed. */
public final class Flood implements AutoCloseable {

  private static final int THREADS = 4;

  private final SecureController controller;
  private final String path;
  private final AtomicInteger number = new AtomicInteger();
  private final Queue<Integer> statuses = new ConcurrentLinkedQueue<>();
  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

  public Flood(SecureController controller, String path) {
    this.controller = controller;
    this.path = path;
    for (int i = 0; i < THREADS; i++) {
      threads.execute(this::send);
    }
  }

  private void send() {
    try {
      while (!Thread.currentThread().isInterrupted()) {
        String wrong = "wrong-" + number.incrementAndGet();
        statuses.add(controller.once(path, wrong).statusCode());
      }
    } catch (InterruptedException e) {
      // the end of the flood
    } catch (IOException e) {
      statuses.add(-1);
    }
  }

  /** Returns the statuses of the answers since the last call. */
  public List<Integer> statuses() {
    List<Integer> all = new ArrayList<>();
    Integer next = statuses.poll();
    while (next != null) {
      all.add(next);
      next = statuses.poll();
    }
    return all;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
