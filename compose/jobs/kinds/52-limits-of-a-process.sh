#!/bin/bash
# its submitter's umask and resource limits
#SUBMIT --propagate=NOFILE
#EXPECT ends COMPLETED 0:0
#EXPECT says ^1000 077$
echo "$(ulimit -n) $(umask | cut -c2-)"
