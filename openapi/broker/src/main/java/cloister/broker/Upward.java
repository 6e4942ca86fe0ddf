package cloister.broker;

/**
 * Marks a message body that travels from a project to the backend. A test walks every implementation and fails on a
 * component that could hold text.
 */
public sealed interface Upward permits LeaseRequest, TermRequest, UsageReport {}
