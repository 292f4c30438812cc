package io.rwopguard.inventory.cluster;

import io.fabric8.kubernetes.client.OAuthTokenProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jboss.logging.Logger;

/**
 * Reads the token of a kubeconfig's {@code tokenFile} for each request, so that a rotated token
 * needs no restart. The Kubernetes client does not know the field. If the file cannot be read, it
 * sends the last token, because a file may be replaced in two steps.
 */
final class TokenFile implements OAuthTokenProvider {

  private static final Logger LOG = Logger.getLogger(TokenFile.class);

  private final Path file;
  private volatile String last;
  private volatile boolean isReported;

  /**
   * Reads the file for the first time.
   *
   * @param kubeconfig the name in messages of the kubeconfig that names the file
   * @throws BadConfigException if it has no token
   */
  TokenFile(Path file, String kubeconfig) {
    this.file = file;
    try {
      last = read(file);
    } catch (IOException e) {
      throw new BadConfigException(
          "%s names the tokenFile %s, which cannot be used: %s; correct the path or the file"
              .formatted(kubeconfig, file, e));
    }
  }

  private static String read(Path file) throws IOException {
    String token = Files.readString(file).strip();
    // a message about a header would repeat the token
    if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IOException("it is not a bearer token");
    }
    return token;
  }

  @Override
  public String getToken() {
    try {
      last = read(file);
      isReported = false;
    } catch (IOException e) {
      if (!isReported) {
        isReported = true;
        LOG.warnf(
            "The token file %s cannot be used: %s. Requests use the previous token until it expires. Fix the file; it is read again for each request.",
            file, e);
      }
    }
    return last;
  }
}
