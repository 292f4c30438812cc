package io.rwopguard.tracing;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingDecision;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.util.List;

/**
 * Limits how many reviews are recorded, whatever the configured sampler decides. That sampler obeys
 * the sampled flag of the caller, which may be anyone. Failovers are always recorded: they are few,
 * and each of them matters.
 */
final class ReviewSampler implements Sampler {

  private final Sampler configured;
  private final SpanBudget budget;
  private final Runnable limited;

  /**
   * Creates a sampler.
   *
   * @param limited runs for each review that the budget leaves out
   */
  ReviewSampler(Sampler configured, SpanBudget budget, Runnable limited) {
    this.configured = configured;
    this.budget = budget;
    this.limited = limited;
  }

  @Override
  public SamplingResult shouldSample(
      Context parent,
      String traceId,
      String name,
      SpanKind kind,
      Attributes attributes,
      List<LinkData> links) {
    if (kind == SpanKind.INTERNAL) {
      return SamplingResult.recordAndSample();
    }
    SamplingResult result = configured.shouldSample(parent, traceId, name, kind, attributes, links);
    if (kind == SpanKind.SERVER
        && result.getDecision() != SamplingDecision.DROP
        && !budget.take()) {
      limited.run();
      return SamplingResult.drop();
    }
    return result;
  }

  @Override
  public String getDescription() {
    return "ReviewSampler{" + configured.getDescription() + "}";
  }
}
