package io.rwopguard.it;

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

  private static final Map<Class<?>, List<String>> CHOSEN = new ConcurrentHashMap<>();

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    Optional<Method> method = context.getTestMethod();
    if (method.isEmpty()) {
      return ConditionEvaluationResult.enabled("a class is never skipped");
    }
    Class<?> test = context.getRequiredTestClass();
    List<String> chosen = CHOSEN.computeIfAbsent(test, SampledTests::choose);
    return chosen.contains(method.get().getName())
        ? ConditionEvaluationResult.enabled("chosen")
        : ConditionEvaluationResult.disabled(
            "not among the rows of seed " + Sample.ofThisRun().seed());
  }

  static List<String> choose(Class<?> test) {
    int count = test.getAnnotation(Sampled.class).methods();
    List<String> all = methods(test);
    return count == 0 ? all : Sample.ofThisRun().of(test.getSimpleName(), all, count);
  }

  /** Reflection has no order of its own. */
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
