package io.rwopguard.server;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.CharConversionException;
import java.io.IOException;
import java.util.Set;

/** Decodes the body of a request once, without the fields that nothing reads. */
final class AdmissionReviewDecoder {

  /**
   * The maximum depth. Kubernetes' own objects stay below 50; a tree of this depth still fits any
   * thread's stack.
   */
  private static final int DEEPEST = 500;

  /**
   * The maximum number of tokens. A token takes up to 70 bytes in a tree, so that the densest body
   * takes some 40 MiB. A Pod with a thousand environment variables, as object and as old object,
   * has some 20,000.
   */
  static final int MOST_TOKENS = 600_000;

  private static final JsonMapper MAPPER = mapper(DEEPEST, MOST_TOKENS);
  private static final JsonMapper ANY_DEPTH = mapper(Integer.MAX_VALUE, Long.MAX_VALUE);

  private static final Set<String> OF_NO_USE =
      Set.of("requestKind", "requestResource", "requestSubResource");

  private static final Set<String> OF_MANAGER = Set.of("manager", "operation", "fieldsV1");

  private AdmissionReviewDecoder() {}

  private static JsonMapper mapper(int deepest, long mostTokens) {
    JsonMapper mapper = new JsonMapper();
    mapper
        .getFactory()
        .setStreamReadConstraints(
            StreamReadConstraints.builder()
                .maxNestingDepth(deepest)
                .maxTokenCount(mostTokens)
                .build());
    return mapper;
  }

  /**
   * Returns the tree of a body.
   *
   * @throws BadReviewException if it is no JSON, with the request's uid if it has one
   */
  static JsonNode of(byte[] body) {
    try (JsonParser parser = MAPPER.createParser(body)) {
      JsonToken first = parser.nextToken();
      if (first == null) {
        throw new BadReviewException(
            "", "the body is empty; post an " + ReviewReader.KIND + " as JSON");
      }
      JsonNode review = value(parser, first, Level.REVIEW);
      if (parser.nextToken() != null) {
        throw new BadReviewException(
            uidIn(body),
            "the body continues after the JSON of the "
                + ReviewReader.KIND
                + "; post one at a time");
      }
      return review;
    } catch (StreamConstraintsException e) {
      if (e.getOriginalMessage().startsWith("Token count")) {
        throw BadReviewException.tooLarge(
            "the body has more than the maximum of %d JSON tokens".formatted(MOST_TOKENS));
      }
      throw new BadReviewException(
          uidIn(body),
          "the body exceeds a limit: " + e.getOriginalMessage().replaceFirst(", from `[^`]*`", ""));
    } catch (JsonProcessingException e) {
      throw new BadReviewException(uidIn(body), "the body is not valid JSON: " + what(e));
    } catch (CharConversionException e) {
      // zeros at the start make the parser decode UTF-32
      throw new BadReviewException(uidIn(body), "the body is not valid JSON: it is not UTF-8 text");
    } catch (IOException e) {
      throw new IllegalStateException("reading from memory failed", e);
    }
  }

  private static JsonNode value(JsonParser parser, JsonToken first, Level level)
      throws IOException {
    if (first == JsonToken.VALUE_STRING) {
      // most values at the upper levels are texts, and the mapper creates a context for each
      return TextNode.valueOf(parser.getText());
    }
    if (first == JsonToken.START_ARRAY && level == Level.MANAGER) {
      ArrayNode managers = MAPPER.createArrayNode();
      for (JsonToken token = parser.nextToken();
          token != JsonToken.END_ARRAY;
          token = parser.nextToken()) {
        managers.add(value(parser, token, level));
      }
      return managers;
    }
    if (first != JsonToken.START_OBJECT || level == Level.WHOLE) {
      return MAPPER.readTree(parser);
    }
    ObjectNode object = MAPPER.createObjectNode();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      JsonToken token = parser.nextToken();
      if (level.leavesOut(name)) {
        parser.skipChildren();
      } else {
        object.set(name, value(parser, token, level.below(name)));
      }
    }
    return object;
  }

  /** The reader's level in a review. Fields that nothing reads are left out of the tree. */
  private enum Level {
    REVIEW,
    REQUEST,
    USER,
    OPTIONS,
    OBJECT,
    METADATA,
    MANAGER,
    FIELDS,
    FIELDS_OF_SPEC,
    WHOLE;

    boolean leavesOut(String field) {
      return switch (this) {
        case REQUEST -> OF_NO_USE.contains(field);
        case USER -> !field.equals("username");
        case OPTIONS -> !field.equals("fieldManager");
        case MANAGER -> !OF_MANAGER.contains(field);
        case FIELDS -> !field.equals("f:spec");
        case FIELDS_OF_SPEC -> !field.equals("f:strategy");
        case REVIEW, OBJECT, METADATA, WHOLE -> false;
      };
    }

    Level below(String field) {
      return switch (this) {
        case REVIEW -> field.equals("request") ? REQUEST : WHOLE;
        case REQUEST ->
            switch (field) {
              case "object", "oldObject" -> OBJECT;
              case "userInfo" -> USER;
              case "options" -> OPTIONS;
              default -> WHOLE;
            };
        case OBJECT -> field.equals("metadata") ? METADATA : WHOLE;
        case METADATA -> field.equals("managedFields") ? MANAGER : WHOLE;
        case MANAGER -> field.equals("fieldsV1") ? FIELDS : WHOLE;
        case FIELDS -> FIELDS_OF_SPEC;
        case USER, OPTIONS, FIELDS_OF_SPEC, WHOLE -> WHOLE;
      };
    }
  }

  /** Returns the parser's own message, without its hints for programmers. */
  private static String what(JsonProcessingException e) {
    String message =
        e.getOriginalMessage().replaceFirst("(?s)\\s*(\\(start marker|\n|: was expecting).*", "");
    JsonLocation location = e.getLocation();
    return location == null
        ? message
        : "line %d, column %d: %s".formatted(location.getLineNr(), location.getColumnNr(), message);
  }

  /**
   * Returns the request's uid in a body that is invalid further on; the API server writes the uid
   * first.
   */
  private static String uidIn(byte[] body) {
    try (JsonParser parser = ANY_DEPTH.createParser(body)) {
      int depth = 0;
      boolean inRequest = false;
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token.isStructStart()) {
          depth++;
          inRequest |= depth == 2 && "request".equals(parser.currentName());
        } else if (token.isStructEnd()) {
          inRequest &= depth != 2;
          depth--;
        } else if (inRequest
            && depth == 2
            && token == JsonToken.VALUE_STRING
            && "uid".equals(parser.currentName())) {
          String uid = parser.getText();
          return uid.length() > ReviewReader.LONGEST_UID ? "" : uid;
        }
      }
    } catch (IOException e) {
      // the body is invalid before any uid
    }
    return "";
  }
}
