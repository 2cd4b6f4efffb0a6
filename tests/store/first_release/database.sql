BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE conflicts (
	id INTEGER NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	event_id TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	content_hash BLOB NOT NULL, 
	received_at BIGINT NOT NULL, 
	receipt_id INTEGER NOT NULL, 
	record TEXT NOT NULL, 
	CONSTRAINT pk_conflicts PRIMARY KEY (id), 
	CONSTRAINT fk_conflicts_receipt_id FOREIGN KEY(receipt_id) REFERENCES receipts (id), 
	CONSTRAINT fk_conflicts_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	CONSTRAINT uq_conflicts_workspace_id_source_event_id_content_hash UNIQUE (workspace_id, source, event_id, content_hash)
);
INSERT INTO "conflicts" VALUES(1,1,'mode','old-00',1,X'E579AB87572B4E0A9BF3B590117BC5C0B3B4CC8BE8C730CD09386632E0A4D286',1795958304869826,1,'{"id": "old-00", "action": "connection_group_added_with_role", "description": "changed", "timestamp": "2025-02-18T10:47:37.000000Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "peter_parker"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
CREATE TABLE connections (
	id INTEGER NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	base_url TEXT NOT NULL, 
	remote_workspace TEXT NOT NULL, 
	token TEXT NOT NULL, 
	sealed_secret BLOB NOT NULL, 
	start_at BIGINT NOT NULL, 
	created_at BIGINT NOT NULL, 
	next_at BIGINT NOT NULL, 
	claimed_until BIGINT, 
	paused BOOLEAN NOT NULL, 
	last_ok_at BIGINT, 
	last_error TEXT, 
	CONSTRAINT pk_connections PRIMARY KEY (id), 
	CONSTRAINT fk_connections_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	CONSTRAINT uq_connections_workspace_id_source UNIQUE (workspace_id, source)
);
CREATE TABLE event_context (
	workspace_id BIGINT NOT NULL, 
	seq BIGINT NOT NULL, 
	path TEXT NOT NULL, 
	value_key TEXT NOT NULL, 
	CONSTRAINT fk_event_context_workspace_id_seq FOREIGN KEY(workspace_id, seq) REFERENCES events (workspace_id, seq)
);
INSERT INTO "event_context" VALUES(1,1,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,1,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,1,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,1,'role','view');
INSERT INTO "event_context" VALUES(1,2,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,2,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,2,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,2,'role','view');
INSERT INTO "event_context" VALUES(1,3,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,3,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,3,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,3,'role','view');
INSERT INTO "event_context" VALUES(1,4,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,4,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,4,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,4,'role','view');
INSERT INTO "event_context" VALUES(1,5,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,5,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,5,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,5,'role','view');
INSERT INTO "event_context" VALUES(1,6,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,6,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,6,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,6,'role','view');
INSERT INTO "event_context" VALUES(1,7,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,7,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,7,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,7,'role','view');
INSERT INTO "event_context" VALUES(1,8,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,8,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,8,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,8,'role','view');
INSERT INTO "event_context" VALUES(1,9,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,9,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,9,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,9,'role','view');
INSERT INTO "event_context" VALUES(1,10,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,10,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,10,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,10,'role','view');
INSERT INTO "event_context" VALUES(1,11,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,11,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,11,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,11,'role','view');
INSERT INTO "event_context" VALUES(1,12,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,12,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,12,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,12,'role','view');
INSERT INTO "event_context" VALUES(1,13,'correlation_id','12321917-5e07-4094-ae08-1b6254a2a6c8');
INSERT INTO "event_context" VALUES(1,13,'group_id','4f68a254168a');
INSERT INTO "event_context" VALUES(1,13,'group_name','internalgroup');
INSERT INTO "event_context" VALUES(1,13,'role','view');
CREATE TABLE event_fields (
	workspace_id BIGINT NOT NULL, 
	seq BIGINT NOT NULL, 
	source TEXT NOT NULL, 
	event_id TEXT NOT NULL, 
	occurred_at BIGINT NOT NULL, 
	occurred_text TEXT NOT NULL, 
	received_at BIGINT NOT NULL, 
	action TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	workspace TEXT NOT NULL, 
	workspace_key TEXT NOT NULL, 
	description TEXT, 
	correlation_id TEXT, 
	role TEXT, 
	role_key TEXT, 
	actor_id TEXT, 
	actor_id_key TEXT, 
	actor_username TEXT, 
	actor_username_key TEXT, 
	actor_ip TEXT, 
	actor_ip_key BLOB, 
	user_agent TEXT, 
	user_agent_key TEXT, 
	entity_type TEXT, 
	entity_type_key TEXT, 
	entity_id TEXT, 
	entity_id_key TEXT, 
	entity_name TEXT, 
	entity_name_key TEXT, 
	subject_type TEXT, 
	subject_id TEXT, 
	subject_id_key TEXT, 
	subject_name TEXT, 
	subject_name_key TEXT, 
	words TEXT NOT NULL, 
	CONSTRAINT pk_event_fields PRIMARY KEY (workspace_id, seq), 
	CONSTRAINT fk_event_fields_workspace_id_seq FOREIGN KEY(workspace_id, seq) REFERENCES events (workspace_id, seq)
);
INSERT INTO "event_fields" VALUES(1,1,'mode','old-00',1767344400000000,'2026-01-02T09:00:00Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','group added to connection','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','peter_parker','peter_parker','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' peter parker  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  group added to connection  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
INSERT INTO "event_fields" VALUES(1,2,'mode','old-01',1770022860000000,'2026-02-02T09:01:00Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','group added to connection','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','mary_jane','mary_jane','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' mary jane  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  group added to connection  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
INSERT INTO "event_fields" VALUES(1,3,'mode','old-02',1772442120000000,'2026-03-02T09:02:00Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','group added to connection','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','王小明','王小明','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' 王小明  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  group added to connection  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
INSERT INTO "event_fields" VALUES(1,4,'mode','old-03',1775120580000000,'2026-04-02T09:03:00Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','group added to connection','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','peter_parker','peter_parker','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' peter parker  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  group added to connection  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
INSERT INTO "event_fields" VALUES(1,5,'mode','old-04',1777712640000000,'2026-05-02T09:04:00Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','group added to connection','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','mary_jane','mary_jane','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' mary jane  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  group added to connection  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
INSERT INTO "event_fields" VALUES(1,6,'mode','old-05',1780391100000000,'2026-06-02T09:05:00Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','group added to connection','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','王小明','王小明','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' 王小明  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  group added to connection  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
INSERT INTO "event_fields" VALUES(1,7,'mode','old-06',1782983160000000,'2026-07-02T09:06:00Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','group added to connection','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','peter_parker','peter_parker','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' peter parker  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  group added to connection  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
INSERT INTO "event_fields" VALUES(1,8,'mode','old-07',1785661620000000,'2026-08-02T09:07:00Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','group added to connection','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','mary_jane','mary_jane','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' mary jane  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  group added to connection  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
INSERT INTO "event_fields" VALUES(1,9,'mode','old-08',1788340080000000,'2026-09-02T09:08:00Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','group added to connection','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','王小明','王小明','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' 王小明  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  group added to connection  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
INSERT INTO "event_fields" VALUES(1,10,'mode','old-09',1767344940000000,'2026-01-02T09:09:00Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','group added to connection','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','peter_parker','peter_parker','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' peter parker  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  group added to connection  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
INSERT INTO "event_fields" VALUES(1,11,'mode','old-10',1770022800000000,'2026-02-02T09:00:00Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','group added to connection','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','mary_jane','mary_jane','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' mary jane  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  group added to connection  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
INSERT INTO "event_fields" VALUES(1,12,'mode','old-11',1772442060000000,'2026-03-02T09:01:00Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','group added to connection','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','王小明','王小明','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' 王小明  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  group added to connection  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
INSERT INTO "event_fields" VALUES(1,13,'mode','old-99',1739875657000000,'2025-02-18T10:47:37.000000Z',1795958304869826,'connection_group_added_with_role','unknown','charismabrotherscorp','charismabrotherscorp','a	b\N <b>‮ é','12321917-5e07-4094-ae08-1b6254a2a6c8','view','view','af03c0246b82','af03c0246b82','peter_parker','peter_parker','157.52.123.42',X'00000000000000000000FFFF9D347B2A','Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)','mozilla/5.0 (macintosh; intel mac os x 10_15_7)','workspace_connection','workspace_connection','af5aaf31658b','af5aaf31658b','Star Space','star space','group','4f68a254168a','4f68a254168a','internalgroup','internalgroup',' peter parker  af03c0246b82  connection group added with role  star space  workspace connection  af5aaf31658b  internalgroup  4f68a254168a  a b n b e  157 52 123 42  4f68a254168a  view  internalgroup  12321917 5e07 4094 ae08 1b6254a2a6c8 ');
CREATE TABLE events (
	workspace_id INTEGER NOT NULL, 
	seq BIGINT NOT NULL, 
	source TEXT NOT NULL, 
	event_id TEXT NOT NULL, 
	occurred_at BIGINT NOT NULL, 
	received_at BIGINT NOT NULL, 
	receipt_id INTEGER NOT NULL, 
	content_hash BLOB NOT NULL, 
	record TEXT NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (workspace_id, seq), 
	CONSTRAINT fk_events_receipt_id FOREIGN KEY(receipt_id) REFERENCES receipts (id), 
	CONSTRAINT fk_events_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	CONSTRAINT uq_events_workspace_id_source_event_id UNIQUE (workspace_id, source, event_id)
);
INSERT INTO "events" VALUES(1,1,'mode','old-00',1767344400000000,1795958304869826,1,X'53B0EC110F9E647B778CA996348BDBED3B1CC1F93546C0968145BA1F2B7D7F50','{"id": "old-00", "action": "connection_group_added_with_role", "description": "group added to connection", "timestamp": "2026-01-02T09:00:00Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "peter_parker"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
INSERT INTO "events" VALUES(1,2,'mode','old-01',1770022860000000,1795958304869826,1,X'AA7C345E8931B0D293379567000B78392F3745F6E09B4E8B796BFEB75593FE4A','{"id": "old-01", "action": "connection_group_added_with_role", "description": "group added to connection", "timestamp": "2026-02-02T09:01:00Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "mary_jane"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
INSERT INTO "events" VALUES(1,3,'mode','old-02',1772442120000000,1795958304869826,1,X'08690B3EB15CB4B49EE03215266DC2A64107D160C9E2CDA4C9D483032711015B','{"id": "old-02", "action": "connection_group_added_with_role", "description": "group added to connection", "timestamp": "2026-03-02T09:02:00Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "\u738b\u5c0f\u660e"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
INSERT INTO "events" VALUES(1,4,'mode','old-03',1775120580000000,1795958304869826,1,X'3E459326755F599EDE92BDBF00839091E6FB1838B4BCE053E794406CA71149B9','{"id": "old-03", "action": "connection_group_added_with_role", "description": "group added to connection", "timestamp": "2026-04-02T09:03:00Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "peter_parker"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
INSERT INTO "events" VALUES(1,5,'mode','old-04',1777712640000000,1795958304869826,1,X'ACB8D82F2E38D7A4471ED7D68C6E8CD9EE862D81EB1D5CED3175098AFC998168','{"id": "old-04", "action": "connection_group_added_with_role", "description": "group added to connection", "timestamp": "2026-05-02T09:04:00Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "mary_jane"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
INSERT INTO "events" VALUES(1,6,'mode','old-05',1780391100000000,1795958304869826,1,X'8FEA1A8B680FE08A73160DB22DBB787E0B6378582CAAB5250F6EE48938CF1D17','{"id": "old-05", "action": "connection_group_added_with_role", "description": "group added to connection", "timestamp": "2026-06-02T09:05:00Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "\u738b\u5c0f\u660e"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
INSERT INTO "events" VALUES(1,7,'mode','old-06',1782983160000000,1795958304869826,1,X'9B3543562F8E79C6CBB4B45A276FD68AD3A2CFC4E9B07D5A95FF920F7FBCCB00','{"id": "old-06", "action": "connection_group_added_with_role", "description": "group added to connection", "timestamp": "2026-07-02T09:06:00Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "peter_parker"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
INSERT INTO "events" VALUES(1,8,'mode','old-07',1785661620000000,1795958304869826,1,X'1017E0EABA31DB2E3978834E69A8E794AA023F3BF24C37052A07DACAAA3C42DD','{"id": "old-07", "action": "connection_group_added_with_role", "description": "group added to connection", "timestamp": "2026-08-02T09:07:00Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "mary_jane"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
INSERT INTO "events" VALUES(1,9,'mode','old-08',1788340080000000,1795958304869826,1,X'3A36F33096B7EB3EDCCFEE9B7C1282166CAD2BE0D9F20E37DF38111D76364501','{"id": "old-08", "action": "connection_group_added_with_role", "description": "group added to connection", "timestamp": "2026-09-02T09:08:00Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "\u738b\u5c0f\u660e"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
INSERT INTO "events" VALUES(1,10,'mode','old-09',1767344940000000,1795958304869826,1,X'05CA4AFE7E687B33A649CEBFBBF491E50E1D972A72B3414BB84EB7B809339AAD','{"id": "old-09", "action": "connection_group_added_with_role", "description": "group added to connection", "timestamp": "2026-01-02T09:09:00Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "peter_parker"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
INSERT INTO "events" VALUES(1,11,'mode','old-10',1770022800000000,1795958304869826,1,X'E4CDAB592B0DBBA871C2B9DCB2BEFBAC776405FDA0D89AC1E196D36E6B31549B','{"id": "old-10", "action": "connection_group_added_with_role", "description": "group added to connection", "timestamp": "2026-02-02T09:00:00Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "mary_jane"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
INSERT INTO "events" VALUES(1,12,'mode','old-11',1772442060000000,1795958304869826,1,X'0B8CDB749D9DFB15D5D8EA9D0A8CE902E4CF8836A33FFD17FDC102D85F2E906F','{"id": "old-11", "action": "connection_group_added_with_role", "description": "group added to connection", "timestamp": "2026-03-02T09:01:00Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "\u738b\u5c0f\u660e"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
INSERT INTO "events" VALUES(1,13,'mode','old-99',1739875657000000,1795958304869826,1,X'94F814461D6FE5282817E505C3E466FE5B34E449B5F4620FE8B9670664BA76F0','{"id": "old-99", "action": "connection_group_added_with_role", "description": "a\tb\\N <b>\u202e \u00e9", "timestamp": "2025-02-18T10:47:37.000000Z", "workspace_username": "charismabrotherscorp", "context": {"group_id": "4f68a254168a", "role": "view", "group_name": "internalgroup", "correlation_id": "12321917-5e07-4094-ae08-1b6254a2a6c8"}, "actor": {"ip": "157.52.123.42", "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "user_id": "af03c0246b82", "username": "peter_parker"}, "entity": {"entity_name": "Star Space", "entity_type": "workspace_connection", "entity_id": "af5aaf31658b"}}');
CREATE TABLE login_failures (
	username TEXT NOT NULL, 
	failures BIGINT DEFAULT '0' NOT NULL, 
	locked_until BIGINT NOT NULL, 
	CONSTRAINT pk_login_failures PRIMARY KEY (username)
);
CREATE TABLE people (
	id INTEGER NOT NULL, 
	username TEXT NOT NULL, 
	name TEXT NOT NULL, 
	password_hash TEXT, 
	created_at BIGINT NOT NULL, 
	disabled_at BIGINT, 
	CONSTRAINT pk_people PRIMARY KEY (id), 
	CONSTRAINT uq_people_username UNIQUE (username)
);
CREATE TABLE pull_windows (
	id INTEGER NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	connection_id INTEGER NOT NULL, 
	start_at BIGINT NOT NULL, 
	end_at BIGINT NOT NULL, 
	cursor TEXT, 
	pages BIGINT DEFAULT '0' NOT NULL, 
	received BIGINT DEFAULT '0' NOT NULL, 
	added BIGINT DEFAULT '0' NOT NULL, 
	receipt_id INTEGER NOT NULL, 
	opened_at BIGINT NOT NULL, 
	done_at BIGINT, 
	CONSTRAINT pk_pull_windows PRIMARY KEY (id), 
	CONSTRAINT fk_pull_windows_connection_id FOREIGN KEY(connection_id) REFERENCES connections (id), 
	CONSTRAINT fk_pull_windows_receipt_id FOREIGN KEY(receipt_id) REFERENCES receipts (id), 
	CONSTRAINT fk_pull_windows_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
CREATE TABLE quarantine (
	id INTEGER NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	receipt_id INTEGER NOT NULL, 
	received_at BIGINT NOT NULL, 
	position TEXT NOT NULL, 
	what TEXT NOT NULL, 
	place TEXT NOT NULL, 
	expected TEXT NOT NULL, 
	record BLOB NOT NULL, 
	record_hash BLOB NOT NULL, 
	replayed_at BIGINT, 
	CONSTRAINT pk_quarantine PRIMARY KEY (id), 
	CONSTRAINT fk_quarantine_receipt_id FOREIGN KEY(receipt_id) REFERENCES receipts (id), 
	CONSTRAINT fk_quarantine_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	CONSTRAINT uq_quarantine_workspace_id_source_record_hash UNIQUE (workspace_id, source, record_hash)
);
INSERT INTO "quarantine" VALUES(1,1,'mode',1,1795958304869826,'line 16','it is missing','$.action','a string',X'7B226E6F223A20226576656E74227D',X'E7B9FECC95B4C885571D0B360DF6CB1745CE35876318EC0BCA9B0761F6803C8A',NULL);
CREATE TABLE receipts (
	id INTEGER NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	source TEXT NOT NULL, 
	channel TEXT NOT NULL, 
	name TEXT NOT NULL, 
	started_at BIGINT NOT NULL, 
	finished_at BIGINT, 
	received BIGINT DEFAULT '0' NOT NULL, 
	added BIGINT DEFAULT '0' NOT NULL, 
	known BIGINT DEFAULT '0' NOT NULL, 
	conflicting BIGINT DEFAULT '0' NOT NULL, 
	rejected BIGINT DEFAULT '0' NOT NULL, 
	error TEXT, 
	CONSTRAINT pk_receipts PRIMARY KEY (id), 
	CONSTRAINT fk_receipts_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
INSERT INTO "receipts" VALUES(1,1,'mode','file','old.ndjson',1795958304869826,1795958304956301,16,13,1,1,1,NULL);
CREATE TABLE report_runs (
	id INTEGER NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	schedule_id INTEGER, 
	slot BIGINT, 
	kind TEXT NOT NULL, 
	period_start BIGINT NOT NULL, 
	period_end BIGINT NOT NULL, 
	zone TEXT NOT NULL, 
	"query" TEXT NOT NULL, 
	requested_by TEXT NOT NULL, 
	requested_at BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	stage TEXT NOT NULL, 
	claimed_until BIGINT, 
	attempts BIGINT DEFAULT '0' NOT NULL, 
	highest_seq BIGINT, 
	finished_at BIGINT, 
	error TEXT, 
	file_name TEXT, 
	size BIGINT, 
	sha256 BLOB, 
	pages INTEGER, 
	rows BIGINT, 
	CONSTRAINT pk_report_runs PRIMARY KEY (id), 
	CONSTRAINT fk_report_runs_schedule_id FOREIGN KEY(schedule_id) REFERENCES schedules (id), 
	CONSTRAINT fk_report_runs_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	CONSTRAINT uq_report_runs_schedule_id_slot UNIQUE (schedule_id, slot)
);
CREATE TABLE schedules (
	id INTEGER NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	zone TEXT NOT NULL, 
	created_by INTEGER, 
	created_at BIGINT NOT NULL, 
	next_at BIGINT NOT NULL, 
	paused BOOLEAN NOT NULL, 
	CONSTRAINT pk_schedules PRIMARY KEY (id), 
	CONSTRAINT fk_schedules_created_by FOREIGN KEY(created_by) REFERENCES people (id), 
	CONSTRAINT fk_schedules_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
CREATE TABLE sessions (
	token_hash BLOB NOT NULL, 
	person_id INTEGER NOT NULL, 
	workspace_id INTEGER, 
	csrf_token TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (token_hash), 
	CONSTRAINT fk_sessions_person_id FOREIGN KEY(person_id) REFERENCES people (id), 
	CONSTRAINT fk_sessions_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id)
);
CREATE TABLE setup_links (
	token_hash BLOB NOT NULL, 
	person_id INTEGER, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	used_at BIGINT, 
	CONSTRAINT pk_setup_links PRIMARY KEY (token_hash), 
	CONSTRAINT fk_setup_links_person_id FOREIGN KEY(person_id) REFERENCES people (id)
);
CREATE TABLE tokens (
	id INTEGER NOT NULL, 
	workspace_id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	prefix TEXT NOT NULL, 
	token_hash BLOB NOT NULL, 
	created_by INTEGER, 
	created_at BIGINT NOT NULL, 
	last_used_at BIGINT, 
	revoked_at BIGINT, 
	CONSTRAINT pk_tokens PRIMARY KEY (id), 
	CONSTRAINT fk_tokens_created_by FOREIGN KEY(created_by) REFERENCES people (id), 
	CONSTRAINT fk_tokens_workspace_id FOREIGN KEY(workspace_id) REFERENCES workspaces (id), 
	CONSTRAINT uq_tokens_token_hash UNIQUE (token_hash)
);
INSERT INTO "tokens" VALUES(1,1,'old importer','adt_3OAA',X'776EB46854AA15CB6C9DC5AC6973C16E56529CE2BF0FC34BC16F9EF9D6A07501',NULL,1795958329544884,NULL,NULL);
CREATE TABLE workspaces (
	id INTEGER NOT NULL, 
	slug TEXT NOT NULL, 
	name TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	zone TEXT NOT NULL, 
	last_seq BIGINT DEFAULT '0' NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_workspaces PRIMARY KEY (id), 
	CONSTRAINT uq_workspaces_slug UNIQUE (slug)
);
INSERT INTO "workspaces" VALUES(1,'workspace','Workspace','real','UTC',13,1795958304855578);
CREATE INDEX ix_sessions_person_id ON sessions (person_id);
CREATE INDEX ix_pull_windows_connection_id_end_at ON pull_windows (connection_id, end_at);
CREATE INDEX ix_report_runs_state_claimed_until ON report_runs (state, claimed_until);
CREATE INDEX ix_event_context_workspace_id_seq_path ON event_context (workspace_id, seq, path);
CREATE INDEX ix_event_fields_workspace_id_action_occurred_at ON event_fields (workspace_id, action, occurred_at);
CREATE INDEX ix_event_fields_workspace_id_actor_username_key_occurred_at ON event_fields (workspace_id, actor_username_key, occurred_at);
CREATE INDEX ix_event_fields_workspace_id_correlation_id ON event_fields (workspace_id, correlation_id);
CREATE INDEX ix_event_fields_workspace_id_entity_name_key_occurred_at ON event_fields (workspace_id, entity_name_key, occurred_at);
CREATE INDEX ix_event_fields_workspace_id_occurred_at_seq ON event_fields (workspace_id, occurred_at, seq);
CREATE INDEX ix_event_fields_workspace_id_subject_name_key_occurred_at ON event_fields (workspace_id, subject_name_key, occurred_at);
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only: UPDATE refused'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only: DELETE refused'); END;
CREATE TRIGGER conflicts_no_update BEFORE UPDATE ON conflicts BEGIN SELECT RAISE(ABORT, 'conflicts is append-only: UPDATE refused'); END;
CREATE TRIGGER conflicts_no_delete BEFORE DELETE ON conflicts BEGIN SELECT RAISE(ABORT, 'conflicts is append-only: DELETE refused'); END;
COMMIT;
