package io.rwopguard.failover.fence;

import static io.rwopguard.fuzz.Property.check;
import static io.rwopguard.fuzz.Property.same;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.rwopguard.fuzz.Inputs;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads the ledger of fences. Only one whole list is read, no volume of it is lost, and it is
 * written and read again as the same. A fence that is lost is never lifted, and a volume that is
 * lost is never fenced.
 */
public final class LedgerFuzz {

  private LedgerFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    String text = Inputs.text(input);
    List<LedgerEntry> read;
    try {
      read = LedgerFormat.read(text);
    } catch (IllegalArgumentException e) {
      check(e.getMessage() != null && !e.getMessage().isBlank(), "no reason", e);
      return;
    }
    JsonNode json = Inputs.json(text).orElse(null);
    check(json != null && json.isArray(), "the text is not one list", text);
    same(read.size(), json.size(), "another number of fences");
    for (int i = 0; i < json.size(); i++) {
      JsonNode volumes = json.get(i).path("target").path("volumes");
      check(volumes.isArray(), "volumes that are no list", json);
      Set<JsonNode> written = new HashSet<>();
      volumes.forEach(each -> written.add(named(each)));
      same(written.size(), read.get(i).target().volumes().size(), "a volume is lost");
    }
    same(read, LedgerFormat.read(LedgerFormat.write(read)), "written and read differs");
    same(
        read,
        LedgerFormat.read(Inputs.reversed(json).toString()),
        "the order of fields changes the ledger");
  }

  /** Returns the fields that identify a volume. */
  private static JsonNode named(JsonNode volume) {
    return ((ObjectNode) volume.deepCopy()).retain("driver", "handle", "volumeName", "inUse");
  }
}
