"""Words that tell people from code, for :mod:`cooldown_kit.render.people`."""

from __future__ import annotations


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


TOP_LEVEL = _set(
    """
    academy aero agency app asia bank berlin biz blog capital cat cloud club codes com community company consulting
    coop dev digital edu email energy engineering eu finance fm foundation global gov group hamburg health info
    institute int jobs koeln legal life live london media mil mobi museum name net network news nyc one online org
    page paris post pro run school science shop site software solutions space store studio swiss systems team tech
    tel tokyo tools top travel university vip website wien work works world xyz zone
    """
)
"""Top-level domains of addresses besides all of two letters: names of attributes follow an ``@`` as well
(``q@self.weight`` multiplies matrices)."""

NOBODY = _set(
    """
    break continue do-not-reply donotreply git hg mailer-daemon no-reply noreply notreply return self super svn this
    """
)
"""What stands before the ``@`` where nobody is meant: robots, users of servers, labels of Kotlin."""

NOT_NAMES = _set(
    """
    address at author authors by cc committer contact contributed contributor copyright created e-mail email from is
    mail maintainer or owner reach reported sent signed thanks to via with write written
    """
)
"""Words that lead to an address and are no part of a name."""

PARTICLES = _set(
    """
    al bin da de del den der di dos du el ibn la le ten ter van von zu
    """
)
"""Words within names that are not capitalised."""

NOT_MENTIONS = _set(
    """
    abstract abstractmethod after after-all alias apply arg args argument assert async attr attribute author authors
    autowired available bean before beta body builder cache cached callback category charset class classmethod
    column component condition config configuration const constant constructor container contextmanager controller
    copyright covers custom data dataclass dataprovider default delete depends deprecated desc description directive
    doc docs documented email entity enum event example experimental export extend extends external feature field
    file final fires fixture flaky font-face forward function functools generated get given group handler here
    hidden hide host html id if ignore implements import include index inherit inheritdoc inject injectable inline
    input interface internal internals js json jsonproperty keyframes kind lazy license link list listener load
    lombok main mark media member memberof method migrate mixin mock mockbean module name namespace ngmodule
    noinspection nonnull nonnullable notnull nullable observable off on only option optional order output overload
    override owner package page param parameter parametrize params patch path pipe plugin post postconstruct prefix
    primary private prop property protected provider public put pytest query react readonly register remote remove
    repository request requestmapping require requires reset rest restcontroller return returns route rule safe
    safevarargs scheduled scope section see seealso service set setter setup signature since singleton size skip
    slot source spring static staticmethod step string style subclass subscribe summary supports suppress
    suppresslint suppresswarnings svg table tag task template test tests then this throw throws todo toplevel
    transactional transient truffle ts type typedef types unused update use user uses using valid validate value var
    variable variant version viewchild virtual watch when wip wraps xmlelement yields
    """
)
"""What follows an ``@`` in messages that speak of code: decorators, annotations, the words of documentation comments."""
