package io.rwopguard.config;

import io.smallrye.config.ConfigSourceInterceptor;
import io.smallrye.config.ConfigSourceInterceptorContext;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfigBuilder;

/**
 * Sets Quarkus' own setting for TLS on the management port, if {@code rwop-guard.management.secure}
 * is true. No other value of it counts then. SmallRye Config finds this class as a service.
 */
public final class ManagementTls implements ConfigSourceInterceptor {

  /** The name of the management port's TLS configuration in application.properties. */
  public static final String CONFIGURATION = "rwop-guard-management";

  private static final long serialVersionUID = 1;
  private static final String SECURE = "rwop-guard.management.secure";
  private static final String NAME = "quarkus.management.tls-configuration-name";

  @Override
  public ConfigValue getValue(ConfigSourceInterceptorContext context, String name) {
    if (!name.equals(NAME)) {
      return context.proceed(name);
    }
    ConfigValue secure = context.proceed(SECURE);
    return secure != null && isTrue(secure.getValue())
        ? secure.withName(NAME).withValue(CONFIGURATION)
        : context.proceed(name);
  }

  /** Reads the text as the mapping of the setting does, which takes more words than "true". */
  private static boolean isTrue(String text) {
    // the default, for which no converter needs to be set up at each start
    return text != null
        && !text.equals("false")
        && new SmallRyeConfigBuilder()
            .withDefaultValue(SECURE, text)
            .build()
            .getOptionalValue(SECURE, Boolean.class)
            .orElse(false);
  }
}
