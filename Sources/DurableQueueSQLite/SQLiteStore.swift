internal import DurableQueue
internal import GRDB
