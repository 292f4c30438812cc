package io.rwopguard.config;

import org.eclipse.microprofile.config.spi.Converter;

/** Reads an access scope from the name of an access mode, as users write it. */
public final class AccessScopeConverter implements Converter<AccessScope> {

  private static final long serialVersionUID = 1;

  @Override
  public AccessScope convert(String value) {
    return AccessScope.of(value)
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s is not a scope. Write ReadWriteOncePod or ReadWriteOnce".formatted(value)));
  }
}
