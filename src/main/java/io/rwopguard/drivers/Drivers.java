package io.rwopguard.drivers;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Provides what is known about storage drivers, from a data file that is part of the program. */
public final class Drivers {

  private static final String ANY = "*";

  /** Loads the file when the first driver is requested. */
  private static final class Loaded {

    static final List<DriverKnowledge> ALL = DriverFile.read();
    static final Map<String, DriverKnowledge> BY_NAME = byName(ALL);
  }

  private Drivers() {}

  /** Returns all known drivers, in the order of the file. */
  public static List<DriverKnowledge> all() {
    return Loaded.ALL;
  }

  /** Returns what is known about the driver with this CSIDriver name. */
  public static Optional<DriverKnowledge> of(String csiDriverName) {
    DriverKnowledge exact = Loaded.BY_NAME.get(csiDriverName);
    int dot = csiDriverName.indexOf('.');
    return exact == null && dot > 0
        ? Optional.ofNullable(Loaded.BY_NAME.get(ANY + csiDriverName.substring(dot)))
        : Optional.ofNullable(exact);
  }

  private static Map<String, DriverKnowledge> byName(List<DriverKnowledge> all) {
    Map<String, DriverKnowledge> byName = new HashMap<>();
    for (DriverKnowledge driver : all) {
      for (String name : driver.names()) {
        if (byName.put(name, driver) != null) {
          throw new IllegalStateException("two drivers have the name " + name);
        }
      }
    }
    return byName;
  }
}
