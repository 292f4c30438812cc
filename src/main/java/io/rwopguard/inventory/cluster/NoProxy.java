package io.rwopguard.inventory.cluster;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Determines which hosts need no proxy. NO_PROXY means the same as for kubectl
 * (golang.org/x/net/http/httpproxy). The client's own parser throws on {@code *}, keeps blanks, and
 * lets an empty entry match all hosts.
 */
final class NoProxy {

  private static final Pattern WITH_PORT = Pattern.compile("(\\[.*]|[^:]*):([0-9]{1,5})");
  private static final Pattern BITS = Pattern.compile("[0-9]{1,3}");
  private static final Pattern NUMBERS = Pattern.compile("[0-9.]+");
  private static final Pattern DOMAIN = Pattern.compile("\\.?[a-z0-9_-]+(\\.[a-z0-9_-]+)*\\.?");

  /**
   * A host to connect to.
   *
   * @param address its address, if the name is one
   */
  private record Host(String name, Optional<InetAddress> address, int port) {}

  private interface Entry {
    boolean matches(Host host);
  }

  private final List<Entry> entries = new ArrayList<>();

  /**
   * Parses a variable.
   *
   * @param ignored receives a message for each entry without a meaning
   */
  NoProxy(String variable, String value, Consumer<String> ignored) {
    for (String written : value.split(",", -1)) {
      String entry = written.strip().toLowerCase(Locale.ROOT);
      if (!entry.isEmpty()) {
        read(entry)
            .ifPresentOrElse(
                entries::add,
                () ->
                    ignored.accept(
                        "%s: \"%s\" is not a host, domain, address or range of addresses, and is ignored"
                            .formatted(variable, written.strip())));
      }
    }
  }

  /** Returns whether a host needs no proxy. The local machine never needs one. */
  boolean matches(String name, int port) {
    String lower = name.toLowerCase(Locale.ROOT);
    Host host = new Host(lower, address(lower), port);
    return lower.equals("localhost")
        || host.address().filter(InetAddress::isLoopbackAddress).isPresent()
        || entries.stream().anyMatch(entry -> entry.matches(host));
  }

  private static Optional<Entry> read(String entry) {
    if (entry.equals("*")) {
      return Optional.of(host -> true);
    }
    int slash = entry.indexOf('/');
    if (slash >= 0) {
      return range(entry.substring(0, slash), entry.substring(slash + 1));
    }
    // an IPv6 address contains colons
    Matcher withPort = WITH_PORT.matcher(entry);
    return address(entry).isEmpty() && withPort.matches()
        ? host(withPort.group(1), OptionalInt.of(Integer.parseInt(withPort.group(2))))
        : host(entry, OptionalInt.empty());
  }

  private static Optional<Entry> host(String written, OptionalInt port) {
    return address(written)
        .map(literal -> (Entry) host -> host.address().filter(literal::equals).isPresent())
        .or(() -> domain(written.startsWith("*.") ? written.substring(1) : written))
        .map(entry -> host -> isOf(port, host) && entry.matches(host));
  }

  private static boolean isOf(OptionalInt port, Host host) {
    return port.isEmpty() || port.getAsInt() == host.port();
  }

  private static Optional<Entry> domain(String domain) {
    if (!DOMAIN.matcher(domain).matches() || NUMBERS.matcher(domain).matches()) {
      return Optional.empty();
    }
    if (domain.startsWith(".")) {
      return Optional.of(host -> host.address().isEmpty() && host.name().endsWith(domain));
    }
    return Optional.of(
        host ->
            host.address().isEmpty()
                && (host.name().equals(domain) || host.name().endsWith("." + domain)));
  }

  private static Optional<Entry> range(String base, String bits) {
    byte[] prefix = address(base).map(InetAddress::getAddress).orElse(null);
    if (prefix == null || !BITS.matcher(bits).matches()) {
      return Optional.empty();
    }
    int length = Integer.parseInt(bits);
    return length > prefix.length * Byte.SIZE
        ? Optional.empty()
        : Optional.of(
            host ->
                host.address()
                    .filter(address -> starts(address.getAddress(), prefix, length))
                    .isPresent());
  }

  private static boolean starts(byte[] address, byte[] prefix, int length) {
    if (address.length != prefix.length) {
      return false;
    }
    for (int bit = 0; bit < length; bit++) {
      int mask = 0x80 >> (bit % Byte.SIZE);
      if ((address[bit / Byte.SIZE] & mask) != (prefix[bit / Byte.SIZE] & mask)) {
        return false;
      }
    }
    return true;
  }

  /** Returns the address in a text, with or without brackets; no name is resolved. */
  private static Optional<InetAddress> address(String written) {
    boolean brackets = written.startsWith("[") && written.endsWith("]");
    byte[] bytes =
        NetUtil.createByteArrayFromIpAddressString(
            brackets ? written.substring(1, written.length() - 1) : written);
    try {
      // an IPv4 address in IPv6 notation is converted to IPv4
      return bytes == null ? Optional.empty() : Optional.of(InetAddress.getByAddress(bytes));
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
