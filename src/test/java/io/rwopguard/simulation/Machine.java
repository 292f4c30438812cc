package io.rwopguard.simulation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A node as it is in truth, whatever the API server says of it. */
final class Machine {

  /** A container of a Pod: it writes to its volumes for as long as it runs. */
  static final class Container {
    final String uid;
    final String pod;
    final List<Volume> volumes = new ArrayList<>();
    boolean runs;
    boolean reported;

    Container(String uid, String pod) {
      this.uid = uid;
      this.pod = pod;
    }
  }

  final String name;
  final int index;
  final Map<String, Container> containers = new LinkedHashMap<>();
  int offs;
  int kubeletDowns;
  int boots;
  boolean full;
  int apiCuts;
  int networkCuts;
  int losses;

  /** Time since when neither its power nor the network to it was off; the API may have been. */
  long answersSince;

  /** Time since when nothing at all has been wrong with it. */
  long healthySince;

  Machine(int index) {
    this.index = index;
    this.name = "node-" + (index + 1);
  }

  boolean isOn() {
    return offs == 0;
  }

  /** Returns whether its kubelet can talk to the API server. */
  boolean isConnected() {
    return isOn() && kubeletDowns == 0 && apiCuts == 0 && networkCuts == 0;
  }

  /** Returns whether it answers, be it by a refusal. */
  boolean answers() {
    return isOn() && networkCuts == 0;
  }

  String boot() {
    return "boot-" + index + "-" + boots;
  }

  String address() {
    return "10.0.0." + (index + 1);
  }
}
