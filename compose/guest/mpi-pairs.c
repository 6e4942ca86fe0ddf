/* Between two ranks: half the median time of a round trip of one byte, and MiB per second one way in
   messages of 1 MiB. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 100, BLOCKS = 4, BLOCK = 1 << 20 };

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double latency(int rank, int other)
{
    static double times[ROUNDS];
    char byte = 0;
    for (int i = 0; i < ROUNDS; i++) {
        double start = MPI_Wtime();
        if (rank == 0) {
            MPI_Send(&byte, 1, MPI_CHAR, other, 0, MPI_COMM_WORLD);
            MPI_Recv(&byte, 1, MPI_CHAR, other, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
        } else {
            MPI_Recv(&byte, 1, MPI_CHAR, 0, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
            MPI_Send(&byte, 1, MPI_CHAR, 0, 0, MPI_COMM_WORLD);
        }
        times[i] = (MPI_Wtime() - start) / 2;
    }
    qsort(times, ROUNDS, sizeof times[0], by_value);
    return times[ROUNDS / 2];
}

static double bandwidth(int rank, int other, char *block)
{
    double start = MPI_Wtime();
    char byte = 0;
    for (int i = 0; i < BLOCKS; i++) {
        if (rank == 0)
            MPI_Send(block, BLOCK, MPI_CHAR, other, 1, MPI_COMM_WORLD);
        else
            MPI_Recv(block, BLOCK, MPI_CHAR, 0, 1, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    }
    if (rank == 0)
        MPI_Recv(&byte, 1, MPI_CHAR, other, 2, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    else
        MPI_Send(&byte, 1, MPI_CHAR, 0, 2, MPI_COMM_WORLD);
    return BLOCKS / (MPI_Wtime() - start);
}

int main(int argc, char **argv)
{
    int rank, size, length;
    char host[MPI_MAX_PROCESSOR_NAME] = "", first[MPI_MAX_PROCESSOR_NAME] = "";
    char *block = calloc(BLOCK, 1);

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Get_processor_name(host, &length);
    if (rank == 0)
        snprintf(first, sizeof first, "%s", host);
    MPI_Bcast(first, sizeof first, MPI_CHAR, 0, MPI_COMM_WORLD);
    if (size == 2) {
        double seconds = latency(rank, 1), rate = bandwidth(rank, 1, block);
        if (rank == 1)
            printf("mpi %s %s %.0f %.2f\n", first, host, seconds * 1e6, rate);
    }
    MPI_Finalize();
    free(block);
    return size == 2 ? 0 : 1;
}
