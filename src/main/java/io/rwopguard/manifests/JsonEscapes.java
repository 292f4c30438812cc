package io.rwopguard.manifests;

import java.util.Optional;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * Finds escapes in the quoted strings of a document that JSON knows and kubectl's YAML does not.
 */
final class JsonEscapes {

  /** The pattern of an escape, after an even number of backslashes. */
  private static final Pattern ESCAPE =
      Pattern.compile("(?<!\\\\)(?:\\\\\\\\)*\\\\(?:/|u[dD][89a-fA-F])");

  private final String text;

  /** The offset of each code point, since marks count these; empty if there is nothing to find. */
  private final int[] offsets;

  JsonEscapes(String text) {
    this.text = text;
    this.offsets = ESCAPE.matcher(text).find() ? offsets(text) : new int[0];
  }

  private static int[] offsets(String text) {
    int[] offsets = new int[text.codePointCount(0, text.length()) + 1];
    int offset = 0;
    for (int i = 0; i < offsets.length - 1; i++) {
      offsets[i] = offset;
      offset += Character.charCount(text.codePointAt(offset));
    }
    offsets[offsets.length - 1] = offset;
    return offsets;
  }

  boolean areIn(ScalarNode scalar) {
    int from = index(scalar.getStartMark());
    int to = index(scalar.getEndMark());
    return to < offsets.length && ESCAPE.matcher(text).region(offsets[from], offsets[to]).find();
  }

  private static int index(Optional<Mark> mark) {
    return mark.map(Mark::getIndex).orElse(0);
  }
}
