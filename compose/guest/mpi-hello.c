/* Each rank says where it runs; an all-reduce over the ranks proves that they reach each other. */
#include <mpi.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    int rank, size, length, sum = 0;
    char host[MPI_MAX_PROCESSOR_NAME];

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Get_processor_name(host, &length);

    double start = MPI_Wtime();
    MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, MPI_COMM_WORLD);
    double seconds = MPI_Wtime() - start;

    printf("rank %d of %d on %s: sum of ranks %d, all-reduce %.4f s\n", rank, size, host, sum, seconds);
    MPI_Finalize();
    return sum == size * (size - 1) / 2 ? 0 : 1;
}
