#!/bin/bash
# a job that a signal ends
#EXPECT ends FAILED 0:9
kill -KILL $$
