package io.rwopguard.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Marks a test class that tests a {@link Sample} of its rows. When one of its tests fails, the run
 * prints the command that repeats it.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(SampledTests.class)
public @interface Sampled {

  /** Returns how many of the class's test methods a run executes; 0 stands for all of them. */
  int methods() default 0;

  /** Returns how many classes take turns: a run executes one of them, by its seed. */
  int classes() default 1;

  /** Returns which of these classes this one is, from 0. */
  int turn() default 0;
}
