package io.rwopguard.manifests;

import java.util.Map;
import java.util.Set;
import org.snakeyaml.engine.v2.api.ConstructNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.Schema;

/** Marks scalars without quotes and tags, so that {@link Scalars} resolves them. */
final class KubectlSchema implements Schema {

  /** The tag of a scalar without quotes and without a tag of its author. */
  static final Tag PLAIN = new Tag("tag:rwop-guard.io,2026:plain");

  /** The tags whose values kubectl's parser checks. */
  static final Set<Tag> RESOLVED = Set.of(Tag.NULL, Tag.BOOL, Tag.INT, Tag.FLOAT);

  @Override
  public ScalarResolver getScalarResolver() {
    return (value, implicit) -> implicit ? PLAIN : Tag.STR;
  }

  @Override
  public Map<Tag, ConstructNode> getSchemaTagConstructors() {
    return Map.of();
  }
}
