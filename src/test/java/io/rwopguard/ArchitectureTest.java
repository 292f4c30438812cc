package io.rwopguard;

import static com.tngtech.archunit.core.domain.JavaAccess.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.rwopguard.inventory.cluster.ClientConfig;
import java.time.Clock;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/**
 * Holds the direction of the packages' dependencies, as docs/contributing/architecture.md draws it.
 */
class ArchitectureTest {

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("io.rwopguard");

  @Test
  void packages_depend_downwards_only() {
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("server")
        .definedBy("io.rwopguard.server")
        .layer("server limits")
        .definedBy("io.rwopguard.server.limits")
        .layer("management")
        .definedBy("io.rwopguard.management")
        .layer("cli")
        .definedBy("io.rwopguard.cli..")
        .layer("lint")
        .definedBy("io.rwopguard.lint")
        .layer("audit")
        .definedBy("io.rwopguard.audit..")
        .layer("certificates")
        .definedBy("io.rwopguard.certificates")
        .layer("failover")
        .definedBy("io.rwopguard.failover")
        .layer("failover manual")
        .definedBy("io.rwopguard.failover.manual")
        .layer("failover cleanup")
        .definedBy("io.rwopguard.failover.cleanup")
        .layer("failover execution")
        .definedBy("io.rwopguard.failover.execution")
        .layer("failover eligibility")
        .definedBy("io.rwopguard.failover.eligibility")
        .layer("failover detection")
        .definedBy("io.rwopguard.failover.detection")
        .layer("failover report")
        .definedBy("io.rwopguard.failover.report")
        .layer("failover record")
        .definedBy("io.rwopguard.failover.record")
        .layer("failover cluster")
        .definedBy("io.rwopguard.failover.cluster")
        .layer("failover fence")
        .definedBy("io.rwopguard.failover.fence")
        .layer("failover plan")
        .definedBy("io.rwopguard.failover.plan")
        .layer("kube")
        .definedBy("io.rwopguard.kube")
        .layer("log")
        .definedBy("io.rwopguard.log")
        .layer("tracing")
        .definedBy("io.rwopguard.tracing")
        .layer("migration")
        .definedBy("io.rwopguard.migration")
        .layer("migration fleet")
        .definedBy("io.rwopguard.migration.fleet")
        .layer("migration checks")
        .definedBy("io.rwopguard.migration.checks")
        .layer("migration execution")
        .definedBy("io.rwopguard.migration.execution")
        .layer("migration scope")
        .definedBy("io.rwopguard.migration.scope")
        .layer("migration kubectl")
        .definedBy("io.rwopguard.migration.kubectl")
        .layer("migration cluster")
        .definedBy("io.rwopguard.migration.cluster")
        .layer("migration plan")
        .definedBy("io.rwopguard.migration.plan")
        .layer("migration record")
        .definedBy("io.rwopguard.migration.record")
        .layer("policy")
        .definedBy("io.rwopguard.policy")
        .layer("manifests")
        .definedBy("io.rwopguard.manifests")
        .layer("manifest inventory")
        .definedBy("io.rwopguard.inventory.manifests")
        .layer("cluster inventory")
        .definedBy("io.rwopguard.inventory.cluster")
        .layer("rules")
        .definedBy("io.rwopguard.rules")
        .layer("mutations")
        .definedBy("io.rwopguard.mutations")
        .layer("inventory")
        .definedBy("io.rwopguard.inventory")
        .layer("model")
        .definedBy("io.rwopguard.model")
        .layer("config")
        .definedBy("io.rwopguard.config")
        .layer("drivers")
        .definedBy("io.rwopguard.drivers")
        .layer("knowledge")
        .definedBy("io.rwopguard.knowledge")
        .layer("profiles")
        .definedBy("io.rwopguard.profiles")
        .whereLayer("server")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("server limits")
        .mayOnlyBeAccessedByLayers("server")
        .whereLayer("management")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("lint")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("audit")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("failover")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("failover manual")
        .mayOnlyBeAccessedByLayers("cli", "failover")
        .whereLayer("failover cleanup")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("failover execution")
        .mayOnlyBeAccessedByLayers("failover", "failover manual")
        .whereLayer("failover eligibility")
        .mayOnlyBeAccessedByLayers("failover", "failover manual", "failover execution")
        .whereLayer("failover detection")
        .mayOnlyBeAccessedByLayers("failover", "failover manual", "failover execution")
        .whereLayer("failover report")
        .mayOnlyBeAccessedByLayers("failover", "failover execution", "failover detection")
        .whereLayer("failover record")
        .mayOnlyBeAccessedByLayers(
            "failover",
            "failover manual",
            "failover cleanup",
            "failover execution",
            "failover detection",
            "failover report")
        .whereLayer("failover cluster")
        .mayOnlyBeAccessedByLayers(
            "failover",
            "failover manual",
            "failover cleanup",
            "failover execution",
            "failover eligibility",
            "failover detection",
            "failover report",
            "failover record")
        .whereLayer("failover fence")
        .mayOnlyBeAccessedByLayers(
            "failover",
            "failover cleanup",
            "failover execution",
            "failover eligibility",
            "failover detection",
            "failover cluster")
        .whereLayer("failover plan")
        .mayOnlyBeAccessedByLayers(
            "failover",
            "failover manual",
            "failover cleanup",
            "failover execution",
            "failover eligibility",
            "failover detection",
            "failover report",
            "failover record",
            "failover cluster",
            "failover fence")
        .whereLayer("kube")
        .mayOnlyBeAccessedByLayers(
            "server",
            "server limits",
            "management",
            "tracing",
            "audit",
            "certificates",
            "cluster inventory",
            "migration execution",
            "migration cluster",
            "failover",
            "failover manual",
            "failover cleanup",
            "failover execution",
            "failover eligibility",
            "failover detection",
            "failover report",
            "failover record",
            "failover cluster",
            "failover fence")
        .whereLayer("log")
        .mayOnlyBeAccessedByLayers("server", "management", "tracing", "cluster inventory")
        .whereLayer("tracing")
        .mayOnlyBeAccessedByLayers("server", "cluster inventory", "failover", "failover report")
        .whereLayer("migration")
        .mayOnlyBeAccessedByLayers("cli", "migration fleet")
        .whereLayer("migration fleet")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("migration checks")
        .mayOnlyBeAccessedByLayers("migration")
        .whereLayer("migration execution")
        .mayOnlyBeAccessedByLayers("migration", "migration fleet")
        .whereLayer("migration scope")
        .mayOnlyBeAccessedByLayers(
            "migration", "migration fleet", "migration checks", "migration execution")
        .whereLayer("migration kubectl")
        .mayOnlyBeAccessedByLayers("migration", "migration execution", "migration scope")
        .whereLayer("migration cluster")
        .mayOnlyBeAccessedByLayers(
            "migration",
            "migration fleet",
            "migration checks",
            "migration execution",
            "migration scope",
            "migration kubectl")
        .whereLayer("migration plan")
        .mayOnlyBeAccessedByLayers(
            "cli",
            "migration",
            "migration fleet",
            "migration checks",
            "migration execution",
            "migration scope",
            "migration kubectl",
            "migration cluster")
        .whereLayer("migration record")
        .mayOnlyBeAccessedByLayers(
            "migration",
            "migration fleet",
            "migration checks",
            "migration execution",
            "migration scope",
            "migration kubectl",
            "migration cluster",
            "migration plan")
        .whereLayer("policy")
        .mayOnlyBeAccessedByLayers("server", "cli")
        .whereLayer("manifests")
        .mayOnlyBeAccessedByLayers("lint")
        .whereLayer("manifest inventory")
        .mayOnlyBeAccessedByLayers("lint")
        .whereLayer("cluster inventory")
        .mayOnlyBeAccessedByLayers("audit", "cli", "migration checks", "migration cluster")
        .whereLayer("certificates")
        .mayOnlyBeAccessedByLayers("server")
        .whereLayer("rules")
        .mayOnlyBeAccessedByLayers("server", "audit", "cli", "lint", "policy")
        .whereLayer("mutations")
        .mayOnlyBeAccessedByLayers("server", "cli", "lint", "policy")
        .whereLayer("inventory")
        .mayOnlyBeAccessedByLayers(
            "server",
            "audit",
            "cli",
            "lint",
            "cluster inventory",
            "manifest inventory",
            "rules",
            "mutations",
            "failover",
            "failover execution",
            "failover eligibility",
            "failover detection",
            "failover record",
            "failover cluster")
        .whereLayer("knowledge")
        .mayOnlyBeAccessedByLayers("drivers", "profiles")
        .whereLayer("profiles")
        .mayOnlyBeAccessedByLayers("mutations")
        .whereLayer("drivers")
        .mayOnlyBeAccessedByLayers(
            "audit",
            "config",
            "failover",
            "failover plan",
            "migration checks",
            "mutations",
            "rules")
        .whereLayer("config")
        .mayOnlyBeAccessedByLayers(
            "server",
            "server limits",
            "management",
            "cli",
            "policy",
            "certificates",
            "cluster inventory",
            "rules",
            "failover",
            "failover execution",
            "failover eligibility",
            "failover detection",
            "failover fence",
            "failover plan")
        .check(CLASSES);
  }

  @Test
  void packages_of_failover_have_no_cycle() {
    slices().matching("io.rwopguard.failover.(*)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void packages_of_migration_have_no_cycle() {
    slices().matching("io.rwopguard.migration.(*)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void packages_have_no_cycle() {
    slices().matching("io.rwopguard.(**)").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void every_package_is_one_of_these() {
    classes()
        .should()
        .resideInAnyPackage(
            "io.rwopguard.server",
            "io.rwopguard.server.limits",
            "io.rwopguard.audit",
            "io.rwopguard.audit.report",
            "io.rwopguard.certificates",
            "io.rwopguard.cli",
            "io.rwopguard.lint",
            "io.rwopguard.management",
            "io.rwopguard.kube",
            "io.rwopguard.log",
            "io.rwopguard.tracing",
            "io.rwopguard.failover",
            "io.rwopguard.failover.cleanup",
            "io.rwopguard.failover.cluster",
            "io.rwopguard.failover.detection",
            "io.rwopguard.failover.eligibility",
            "io.rwopguard.failover.execution",
            "io.rwopguard.failover.fence",
            "io.rwopguard.failover.manual",
            "io.rwopguard.failover.plan",
            "io.rwopguard.failover.record",
            "io.rwopguard.failover.report",
            "io.rwopguard.inventory",
            "io.rwopguard.inventory.cluster",
            "io.rwopguard.inventory.manifests",
            "io.rwopguard.manifests",
            "io.rwopguard.migration",
            "io.rwopguard.migration.checks",
            "io.rwopguard.migration.cluster",
            "io.rwopguard.migration.execution",
            "io.rwopguard.migration.fleet",
            "io.rwopguard.migration.kubectl",
            "io.rwopguard.migration.plan",
            "io.rwopguard.migration.record",
            "io.rwopguard.migration.scope",
            "io.rwopguard.policy",
            "io.rwopguard.rules",
            "io.rwopguard.mutations",
            "io.rwopguard.model",
            "io.rwopguard.config",
            "io.rwopguard.drivers",
            "io.rwopguard.knowledge",
            "io.rwopguard.profiles")
        .check(CLASSES);
  }

  @Test
  void rules_mutations_and_what_they_read_know_nothing_of_http_injection_client_or_clock() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.rwopguard.rules",
            "io.rwopguard.mutations",
            "io.rwopguard.model",
            "io.rwopguard.inventory")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "jakarta..",
            "io.quarkus..",
            "io.vertx..",
            "io.fabric8.kubernetes..",
            "io.smallrye..",
            "java.time..")
        .check(CLASSES);
  }

  @Test
  void planners_know_neither_client_nor_clock() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.rwopguard.failover.plan",
            "io.rwopguard.migration.plan",
            "io.rwopguard.migration.record")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "jakarta..", "io.quarkus..", "io.vertx..", "io.fabric8.kubernetes..", "io.smallrye..")
        .orShould()
        .callMethod(System.class, "nanoTime")
        .orShould()
        .callMethod(Instant.class, "now")
        .check(CLASSES);
  }

  /** Nothing of it may be loaded where tracing is off. */
  @Test
  void one_package_uses_opentelemetry() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.rwopguard.tracing")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.opentelemetry..")
        .check(CLASSES);
  }

  /** It decides on the proxy, which the client would read in another way. */
  @Test
  void one_class_creates_client_configurations() {
    noClasses()
        .that()
        .doNotBelongToAnyOf(ClientConfig.class)
        .should()
        .callMethodWhere(
            target(
                    name("fromKubeconfig")
                        .or(name("autoConfigure"))
                        .or(name("getKubeconfigFilenames")))
                .and(target(owner(assignableTo(Config.class)))))
        .orShould()
        .callConstructor(ConfigBuilder.class)
        .check(CLASSES);
  }

  /** A Clock has a time zone too, which code that reads an instant ignores. */
  @Test
  void the_wall_clock_is_an_instant_source() {
    noClasses().should().dependOnClassesThat().belongToAnyOf(Clock.class).check(CLASSES);
  }
}
