package io.rwopguard.server;

import java.util.Locale;

/** The two webhooks, by their paths. */
enum Webhook {
  VALIDATE,
  MUTATE;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
