"""Runs a Node member inside a Spark task. This is all the Python there is: the driver uploads it, and a pickle that
the driver writes by hand names `run`. Workers need Python with pyarrow, and `node`.

    Spark -> batches -> this shim -> an unlinked file of Arrow messages -> Node
    Node -> frames on stdout (u32 length, bytes) -> this shim -> rows (rank, seq, blob) -> Spark

Two pipes carry JSON lines besides: Node tells `hello`, `log` and `error`; this shim tells `staged` and `start`.
When this process goes, Node goes: its pipe closes, and on Linux the kernel kills it too, even if it is stopped.
"""
import base64
import json
import os
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

_KEPT_WORDS = 4000
_LINGER_SECONDS = 1.0


def _error(code, message, context=None):
    """The text of an exception in which the driver finds the error again."""
    record = json.dumps({"code": code, "message": message, "context": context or {}})
    text = base64.urlsafe_b64encode(record.encode("utf8")).decode("ascii").rstrip("=")
    return RuntimeError("%s\nCOPPICE:%s:" % (message, text))


def _die_with_parent():
    try:
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    except Exception:  # not Linux: the closing pipe must do
        pass


def _unlinked_file():
    handle, path = tempfile.mkstemp(prefix="coppice-")
    os.unlink(path)
    return handle


def _file_of(name):
    from pyspark import SparkFiles

    return SparkFiles.get(name)


def _host(address):
    """The host of Spark's `host:port`, where a port may be missing and an IPv6 address stands in brackets."""
    if address.startswith("["):
        return address[1 : address.index("]")]
    return address.rsplit(":", 1)[0] if address.count(":") == 1 else address


def _meeting_place(infos, rank):
    """Where a member meets its gang: on the address that this host gives Spark, else where the driver sees it; where it
    sees all tasks on one host, on the loopback address."""
    own = os.environ.get("SPARK_LOCAL_IP", "")
    if own not in ("", "0.0.0.0", "::"):
        return own
    hosts = [_host(info.address) for info in infos]
    return hosts[rank] if len(set(hosts)) > 1 else "127.0.0.1"


class _Member:
    """One Node process and its pipes."""

    def __init__(self, conf, rank, host):
        self.rank, self.host = rank, host
        self.data, self.words = _unlinked_file(), _unlinked_file()
        up_read, up_write = os.pipe()
        down_read, self.down = os.pipe()
        boot = dict(conf["boot"], rank=rank, host=host, up=up_write, down=down_read, data=self.data)
        for key in ("payload", "member"):
            if key in boot and boot[key].startswith("file:"):
                boot[key] = "file:" + _file_of(boot[key][5:])
        command = [conf.get("node") or "node"] + list(conf.get("nodeArgs") or []) + [boot["member"][5:]]
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self.words,
                env=dict(os.environ, COPPICE_MEMBER_UP=str(up_write), COPPICE_MEMBER_DOWN=str(down_read)),
                pass_fds=(up_write, down_read, self.data),
                preexec_fn=_die_with_parent if sys.platform.startswith("linux") else None,
            )
        except OSError as cause:
            raise _error(
                "DEPENDENCY_MISSING",
                "the Spark workers must be able to start %s; %s on host %s; install Node 20.19 or later on every "
                "worker, or name it by the option node" % (command[0], cause.strerror, host),
                {"rank": rank, "host": host},
            )
        finally:
            os.close(up_write)
            os.close(down_read)
        self.up = os.fdopen(up_read, "r", encoding="utf8")
        self.tell(dict(boot, kind="boot"))

    def tell(self, message):
        line = (json.dumps(message) + "\n").encode("utf8")
        try:
            while line:
                line = line[os.write(self.down, line):]
        except OSError:
            self.fail("it no longer listens")

    def hear(self):
        """The next line that is not a log, or the end of the member."""
        for line in self.up:
            message = json.loads(line)
            if message["kind"] == "error":
                record = message["record"]
                raise _error(record["code"], record["message"], record.get("context"))
            return message
        self.fail("it said nothing")

    def fail(self, why):
        try:
            self.process.wait(_LINGER_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
        code = self.process.wait()
        how = "signal %s" % signal.Signals(-code).name if code < 0 else "code %d" % code
        words = self.last_words()
        raise _error(
            "EXECUTOR_LOST",
            "rank %d on host %s was lost: it ended with %s (%s)%s"
            % (self.rank, self.host, how, why, "; its last words: " + words if words else ""),
            {"rank": self.rank, "host": self.host, "secondary": code == 75},
        )

    def last_words(self):
        size = os.lseek(self.words, 0, os.SEEK_END)
        os.lseek(self.words, max(0, size - _KEPT_WORDS), os.SEEK_SET)
        return os.read(self.words, _KEPT_WORDS).decode("utf8", "replace").strip()

    def frames(self):
        out = self.process.stdout
        while True:
            head = out.read(4)
            if not head:
                return
            size = struct.unpack("<I", head)[0]
            body = out.read(size)
            if len(head) < 4 or len(body) < size:
                self.fail("its answer was cut short")
            yield body

    def end(self):
        for handle in (self.down, self.data, self.words):
            try:
                os.close(handle)
            except OSError:
                pass
        if self.process.poll() is None:
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.up.close()
        self.process.stdout.close()


def _stage(handle, batches):
    """Writes the batches as an Arrow stream; says how many rows and bytes there are."""
    import pyarrow as pa

    rows, writer = 0, None
    with os.fdopen(os.dup(handle), "wb") as sink:
        for batch in batches:
            if writer is None:
                writer = pa.ipc.new_stream(sink, batch.schema)
            writer.write_batch(batch)
            rows += batch.num_rows
        if writer is not None:
            writer.close()
        sink.flush()
        size = sink.tell()
    return rows, size


def run(conf_json):
    """The function for DataFrame.mapInArrow. Spark gives it the batches of a partition."""
    conf = json.loads(conf_json)

    def member(batches):
        import pyarrow as pa
        from pyspark import BarrierTaskContext, TaskContext

        is_gang = conf["boot"]["kind"] == "gang"
        if is_gang:
            context = BarrierTaskContext.get()
            rank = context.partitionId()
            host = _meeting_place(context.getTaskInfos(), rank)
        else:
            context = TaskContext.get()
            rank, host = context.partitionId(), "127.0.0.1"
        node = _Member(conf, rank, host)
        finished = False
        try:
            rows, size = _stage(node.data, batches)
            node.tell(dict(kind="staged", rows=rows, bytes=size))
            if is_gang:
                said = node.hear()
                said["nonce"] = os.urandom(16).hex()
                # a key in the plan would end up in Spark's logs: rank 0 makes it, and it travels here
                said["key"] = os.urandom(32).hex() if rank == 0 else None
                peers = [json.loads(text) for text in context.allGather(json.dumps(said))]
                node.tell(dict(kind="start", peers=peers))
            seq, columns = 0, conf["boot"]["kind"] == "columns"
            if columns:
                try:
                    answer = pa.ipc.open_stream(node.process.stdout)
                except pa.ArrowInvalid:  # it ended before it wrote
                    node.hear()
                for batch in answer:
                    # Spark compares schemas: one without nullability and metadata
                    yield pa.RecordBatch.from_arrays(batch.columns, names=batch.schema.names)
            else:
                for blob in node.frames():
                    yield pa.RecordBatch.from_arrays(
                        [pa.array([rank], pa.int32()), pa.array([seq], pa.int32()), pa.array([blob], pa.binary())],
                        names=["rank", "seq", "blob"],
                    )
                    seq += 1
            code = node.process.wait(30)
            finished = code == 0
            if not finished:
                node.hear()
            words = node.last_words() if is_gang else ""
            if words:
                yield pa.RecordBatch.from_arrays(
                    [pa.array([rank], pa.int32()), pa.array([-1], pa.int32()), pa.array([words.encode("utf8")], pa.binary())],
                    names=["rank", "seq", "blob"],
                )
        except subprocess.TimeoutExpired:
            node.fail("it did not end")
        finally:
            node.end()

    return member
