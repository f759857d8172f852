package dev.shoofly.database.control;

/**
 * How much of the changes topic is kept, and why.
 *
 * @param records in the topic
 * @param bytes on the brokers' disks, all replicas; -1: the cluster does not tell
 * @param backlog records that are not applied yet
 */
public record TopicUse(long records, long bytes, long backlog) {}
