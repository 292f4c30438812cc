package io.rwopguard.testing;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestWatcher;

/** Skips the methods of a {@link Sampled} class that this run did not choose. */
final class SampledTests implements ExecutionCondition, TestWatcher {

  private static final Map<String, List<String>> CHOSEN = new ConcurrentHashMap<>();

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Optional<Method> method = context.getTestMethod();
    if (method.isEmpty()) {
      return isTurn(context.getRequiredTestClass(), Sample.ofThisRun())
          ? ConditionEvaluationResult.enabled("it is this class's turn")
          : ConditionEvaluationResult.disabled(
              "not the turn of seed %d; all classes: -DargLine=-D%s=%s"
                  .formatted(Sample.ofThisRun().seed(), Sample.TABLES, Sample.WHOLE));
    }
    return isChosen(context.getRequiredTestClass(), method.get(), Sample.ofThisRun())
        ? ConditionEvaluationResult.enabled("chosen")
        : ConditionEvaluationResult.disabled(
            "not among the rows of seed " + Sample.ofThisRun().seed());
  }

  static boolean isTurn(Class<?> test, Sample sample) {
    Sampled sampled = test.getAnnotation(Sampled.class);
    return sample.isTurn(sampled.turn(), sampled.classes());
  }

  static boolean isChosen(Class<?> test, Method method, Sample sample) {
    int count = test.getAnnotation(Sampled.class).methods();
    return count == 0
        || !method.isAnnotationPresent(Test.class)
        || CHOSEN
            .computeIfAbsent(
                test.getSimpleName() + sample.seed(),
                key -> sample.of(test.getSimpleName(), methods(test), count))
            .contains(method.getName());
  }

  /** Reflection returns methods in no defined order. */
  private static List<String> methods(Class<?> test) {
    return Arrays.stream(test.getDeclaredMethods())
        .filter(each -> each.isAnnotationPresent(Test.class))
        .map(Method::getName)
        .sorted()
        .toList();
  }

  @Override
  public void testFailed(ExtensionContext context, Throwable cause) {
    System.err.printf(
        "[sample] %s failed; this repeats it:%n  %s%n",
        context.getDisplayName(), Sample.ofThisRun().repeat(context.getRequiredTestClass()));
  }
}
