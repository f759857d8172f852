package dev.shoofly.coordinator.picture;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.quota.ClientQuotaFilter;

/** What a cluster keeps: topics with their settings, groups of every kind and their settings, quotas, transactions. */
public final class KafkaPicture {
    private static final Set<ConfigSource> SET_BY_SOMEBODY = Set.of(
            ConfigSource.DYNAMIC_TOPIC_CONFIG,
            ConfigSource.DYNAMIC_GROUP_CONFIG,
            ConfigSource.DYNAMIC_CLIENT_METRICS_CONFIG,
            ConfigSource.DYNAMIC_BROKER_CONFIG,
            ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG);

    private KafkaPicture() {}

    public static Picture of(String bootstrapServers) throws Exception {
        List<String> lines = new ArrayList<>();
        try (Admin admin =
                Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, (Object) bootstrapServers))) {
            get(admin.listTopics(new ListTopicsOptions().listInternal(true)).names())
                    .forEach(topic -> lines.add("topic " + topic));
            get(admin.listGroups().all())
                    .forEach(group -> lines.add("group " + group.groupId() + " of type " + group.type()));
            Collection<ConfigResource> resources =
                    get(admin.listConfigResources(Set.of(), new ListConfigResourcesOptions())
                            .all());
            get(admin.describeConfigs(resources).all())
                    .forEach((resource, config) -> config.entries().stream()
                            .filter(entry -> SET_BY_SOMEBODY.contains(entry.source()))
                            .forEach(entry -> lines.add(words(resource, entry))));
            get(admin.describeClientQuotas(ClientQuotaFilter.all()).entities())
                    .forEach((entity, quotas) -> lines.add("quota of " + entity + ": " + quotas));
            get(admin.listTransactions().all())
                    .forEach(transaction -> lines.add("transactions of " + transaction.transactionalId()));
            acls(admin, lines);
        }
        return new Picture(lines);
    }

    private static String words(ConfigResource resource, ConfigEntry entry) {
        return "setting of " + resource.type() + " " + resource.name() + ": " + entry.name() + "=" + entry.value();
    }

    private static void acls(Admin admin, List<String> lines) throws Exception {
        try {
            get(admin.describeAcls(AclBindingFilter.ANY).values()).forEach(acl -> lines.add("acl " + acl));
        } catch (ExecutionException e) {
            // A broker without an authorizer has none.
            if (!(e.getCause() instanceof SecurityDisabledException)) {
                throw e;
            }
        }
    }

    private static <T> T get(KafkaFuture<T> future) throws InterruptedException, ExecutionException, TimeoutException {
        return future.get(60, TimeUnit.SECONDS);
    }
}
