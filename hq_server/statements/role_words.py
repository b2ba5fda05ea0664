"""What roles are called: the units of the franchise rules (article 8, part one)."""

from __future__ import annotations

from hq_server.wording import Sentence

ROLE_WORDS = {
    "MARKETING": Sentence("市场部", "Channel & Marketing"),
    "GENERAL_OFFICE": Sentence("综合办公室", "General Office"),
    "FIN_AGENCY": Sentence("代理金融中心", "Agency Banking"),
    "INS_AGENCY": Sentence("代理保险中心", "Agency Insurance"),
    "ECOM": Sentence("电子商务中心", "E-commerce"),
    "DISTRIBUTION": Sentence("分销中心", "Distribution"),
    "SUPERVISION": Sentence("监督检查部", "Supervision"),
    "BRANCH": Sentence("支局", "Branch"),
    "BRANCH_COUNTER": Sentence("邮政网点", "Branch counter"),
    "FINANCE": Sentence("财务", "Finance"),
    "BUREAU_ADMIN": Sentence("直属局", "Bureau"),
    "AUDITOR": Sentence("审计", "Auditor"),
    "SYS_ADMIN": Sentence("系统管理员", "Administrator"),
}
