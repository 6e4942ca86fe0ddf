package cloister.cvm.demand;

/**
 * Which workers a waiting job is tied to, where each job has its own.
 *
 * @param origin the job, or the array that it is a task of, under the number that it was submitted with
 * @param lease number of the lease that it is tied to; 0 for none
 */
public record Binding(JobKey origin, int lease) {}
