package io.rwopguard.config;

import io.rwopguard.rules.AccessScope;
import org.eclipse.microprofile.config.spi.Converter;

/** Reads a scope as people write it: the name of an access mode. */
public final class AccessScopeConverter implements Converter<AccessScope> {

  private static final long serialVersionUID = 1;

  @Override
  public AccessScope convert(String value) {
    return AccessScope.of(value)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s is no scope; write ReadWriteOncePod or ReadWriteOnce".formatted(value)));
  }
}
