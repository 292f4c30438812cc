package io.rwopguard.admission;

import java.util.Locale;

/** The two webhooks, by the path they are called under. */
enum Webhook {
  VALIDATE,
  MUTATE;

  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
