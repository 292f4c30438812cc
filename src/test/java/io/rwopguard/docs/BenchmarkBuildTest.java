package io.rwopguard.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/** Checks that the build of the benchmarks measures what the build of the service makes. */
class BenchmarkBuildTest {

  private static final Path SERVICE = Path.of("pom.xml");
  private static final Path BENCHMARK = Path.of("src/benchmark/pom.xml");

  @Test
  void the_benchmarks_have_the_version_of_the_service() throws Exception {
    assertThat(children(project(BENCHMARK)).get("version"))
        .isEqualTo(children(project(SERVICE)).get("version"));
  }

  @Test
  void a_property_of_both_builds_has_one_value() throws Exception {
    Map<String, String> service = properties(SERVICE);
    Map<String, String> both = properties(BENCHMARK);
    both.keySet().retainAll(service.keySet());
    assertThat(both).containsKeys("quarkus.platform.version", "error-prone.version");
    assertThat(service).containsAllEntriesOf(both);
  }

  private static Element project(Path pom) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(pom.toFile())
        .getDocumentElement();
  }

  private static Map<String, String> properties(Path pom) throws Exception {
    return children((Element) project(pom).getElementsByTagName("properties").item(0));
  }

  private static Map<String, String> children(Element parent) {
    Map<String, String> texts = new TreeMap<>();
    for (Node child = parent.getFirstChild(); child != null; child = child.getNextSibling()) {
      if (child instanceof Element element) {
        texts.put(element.getTagName(), element.getTextContent().strip());
      }
    }
    return texts;
  }
}
