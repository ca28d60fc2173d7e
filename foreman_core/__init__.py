"""The runtime library: runs in Lambda, in containers and under the command line; knows nothing of Pulumi.

It never creates an AWS client: callers hand one in.
"""
