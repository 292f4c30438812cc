package io.rwopguard.inventory.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** NO_PROXY as people write it, with the meaning that golang.org/x/net/http/httpproxy gives it. */
class NoProxyTest {

  private final List<String> ignored = new ArrayList<>();

  private boolean matches(String value, String host, int port) {
    return new NoProxy("NO_PROXY", value, ignored::add).matches(host, port);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "*                         | api.example.org      | true",
        "*                         | 10.1.2.3             | true",
        "a.test, *                 | api.example.org      | true",
        "example.org               | example.org          | true",
        "example.org               | api.example.org      | true",
        "EXAMPLE.org               | API.Example.ORG      | true",
        "example.org               | badexample.org       | false",
        ".example.org              | api.example.org      | true",
        ".example.org              | example.org          | false",
        "*.example.org             | api.example.org      | true",
        "*.example.org             | a.b.example.org      | true",
        "*.example.org             | example.org          | false",
        "*.example.org             | badexample.org       | false",
        "example.org:6443          | example.org          | true",
        "example.org:443           | example.org          | false",
        "*.example.org:6443        | api.example.org      | true",
        "a.test, b.test            | b.test               | true",
        "a.test ,  b.test          | a.test               | true",
        "''                        | api.example.org      | false",
        "','                       | api.example.org      | false",
        "'a.test,,'                | api.example.org      | false",
        "10.0.0.0/8                | 10.96.0.1            | true",
        "10.0.0.0/8                | 11.96.0.1            | false",
        "10.0.0.0/8                | api.example.org      | false",
        "10.96.0.0/12              | 10.111.255.255       | true",
        "10.96.0.0/12              | 10.112.0.0           | false",
        "0.0.0.0/0                 | 192.0.2.1            | true",
        "0.0.0.0/0                 | [2001:db8::1]        | false",
        "192.0.2.1                 | 192.0.2.1            | true",
        "192.0.2.1                 | 192.0.2.10           | false",
        "192.0.2.1:6443            | 192.0.2.1            | true",
        "192.0.2.1:443             | 192.0.2.1            | false",
        "2001:db8::1               | [2001:db8::1]        | true",
        "[2001:db8::1]             | [2001:db8:0::1]      | true",
        "[2001:db8::1]:6443        | [2001:db8::1]        | true",
        "[2001:db8::1]:443         | [2001:db8::1]        | false",
        "2001:db8::/32             | [2001:db8:1::1]      | true",
        "2001:db8::/32             | [2001:db9::1]        | false",
        "::ffff:192.0.2.1          | 192.0.2.1            | true",
        "1                         | 192.0.2.1            | false",
        "example.org               | localhost            | true",
        "''                        | 127.0.0.1            | true",
        "''                        | [::1]                | true",
      })
  void an_entry_has_the_meaning_that_kubectl_gives_it(String value, String host, boolean direct) {
    assertThat(matches(value, host, 6443)).isEqualTo(direct);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "10.0.0.0/40",
        "10.0.0.0/x",
        "example.org/8",
        "10.0.*",
        "ex*mple.org",
        "*example.org",
        ":443",
        "example.org:https",
        "a b",
        "http://example.org",
        "[2001:db8::1",
        "*.",
        ".",
        "10.0.0",
        "/"
      })
  void an_entry_that_means_nothing_is_named_and_ignored(String entry) {
    assertThat(matches("a.test, " + entry + ",b.test", "b.test", 443)).isTrue();
    assertThat(matches(entry, "api.example.org", 443)).isFalse();
    assertThat(ignored)
        .containsOnly(
            "NO_PROXY: \"%s\" is not a host, domain, address or range of addresses, and is ignored"
                .formatted(entry))
        .hasSize(2);
  }

  @Test
  void entries_that_mean_something_are_not_complained_of() {
    matches("*, *.a.test, .b.test,c.test:1, 10.0.0.0/8,,[::1]:443, ::1,my_host, ", "d.test", 443);
    assertThat(ignored).isEmpty();
  }
}
