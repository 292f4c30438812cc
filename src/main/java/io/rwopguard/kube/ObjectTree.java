package io.rwopguard.kube;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.util.Map;

/**
 * An object as the API server sent it, decoded once into a tree. The tree has no {@code
 * managedFields}, which are half of the object and which rwop-guard does not read. The fields that
 * the client itself reads are created from the tree on demand.
 */
public final class ObjectTree extends GenericKubernetesResource {

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final String METADATA = "metadata";

  private final transient ObjectNode json;
  private boolean metadataMade;
  private boolean restMade;

  private ObjectTree(ObjectNode json) {
    this.json = json;
    setApiVersion(json.path("apiVersion").textValue());
    setKind(json.path("kind").textValue());
  }

  /** Returns a serialization by which a client reads such trees wherever it reads objects. */
  public static KubernetesSerialization serialization() {
    ObjectMapper mapper = new ObjectMapper();
    mapper.registerModule(
        new SimpleModule("object trees")
            .addDeserializer(GenericKubernetesResource.class, new Reader()));
    KubernetesSerialization trees = new KubernetesSerialization(mapper, false);
    // the one type that the client looks up: the end of a watch that has fallen too far behind
    trees.registerKubernetesResource(Status.class);
    return trees;
  }

  /** Returns the object's JSON, without its managed fields; callers must not change it. */
  public static JsonNode of(GenericKubernetesResource object) {
    if (object instanceof ObjectTree tree) {
      return tree.json;
    }
    if (object.getMetadata() != null) {
      object.getMetadata().setManagedFields(null);
    }
    return MAPPER.valueToTree(object);
  }

  @Override
  public ObjectMeta getMetadata() {
    if (!metadataMade) {
      try {
        setMetadata(MAPPER.treeToValue(json.get(METADATA), ObjectMeta.class));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("invalid metadata: " + e.getOriginalMessage(), e);
      }
    }
    return super.getMetadata();
  }

  @Override
  public void setMetadata(ObjectMeta metadata) {
    metadataMade = true;
    super.setMetadata(metadata);
  }

  @Override
  public Map<String, Object> getAdditionalProperties() {
    if (!restMade) {
      ObjectNode rest = MAPPER.createObjectNode();
      for (Map.Entry<String, JsonNode> field : json.properties()) {
        switch (field.getKey()) {
          case "apiVersion", "kind", METADATA -> {}
          default -> rest.set(field.getKey(), field.getValue());
        }
      }
      setAdditionalProperties(MAPPER.convertValue(rest, new TypeReference<>() {}));
    }
    return super.getAdditionalProperties();
  }

  @Override
  public void setAdditionalProperties(Map<String, Object> properties) {
    restMade = true;
    super.setAdditionalProperties(properties);
  }

  @Override
  public void setAdditionalProperty(String name, Object value) {
    getAdditionalProperties().put(name, value);
  }

  private static final class Reader extends StdDeserializer<GenericKubernetesResource> {

    private static final long serialVersionUID = 1;

    Reader() {
      super(GenericKubernetesResource.class);
    }

    @Override
    public GenericKubernetesResource deserialize(JsonParser parser, DeserializationContext context)
        throws IOException {
      return new ObjectTree(fields(parser, context, false));
    }

    private static ObjectNode fields(
        JsonParser parser, DeserializationContext context, boolean inMetadata) throws IOException {
      ObjectNode object = context.getNodeFactory().objectNode();
      if (parser.currentToken() == JsonToken.START_OBJECT) {
        parser.nextToken();
      }
      while (parser.currentToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        JsonToken first = parser.nextToken();
        if (inMetadata && name.equals("managedFields")) {
          parser.skipChildren();
        } else if (!inMetadata && name.equals(METADATA) && first == JsonToken.START_OBJECT) {
          object.set(name, fields(parser, context, true));
        } else {
          object.set(name, context.readTree(parser));
        }
        parser.nextToken();
      }
      return object;
    }
  }
}
