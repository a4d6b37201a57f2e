"""Which language a file is in, by its name: the names and extensions of GitHub's linguist.

Each line of the tables reads ``language: extensions | file names | interpreters``. Where linguist gives an extension to
several languages and decides by content, the table names the one that is most common in repositories (``.h`` is C, ``.m``
is Objective-C, ``.pl`` is Perl). Linguist's types ``markup``, ``data`` and ``prose`` are kept apart from programming
languages, as arXiv 2408.10914 counts markup apart from code. One difference is meant: SQL is ``data`` to linguist, but
stored procedures and migrations are programs, so it stands with the programming languages.
"""

from __future__ import annotations

import re
from functools import cache

_PROGRAMMING = """
ABAP: .abap
Ada: .adb .ada .ads
Agda: .agda
Apex: .apex
AppleScript: .applescript .scpt | | osascript
ASP.NET: .asax .ascx .ashx .asmx .aspx
Assembly: .asm .a51 .nasm .s
Awk: .awk .gawk .mawk | | awk gawk mawk nawk
Ballerina: .bal
Batchfile: .bat .cmd
Bicep: .bicep .bicepparam
BitBake: .bb .bbappend .bbclass
C: .c .h .idc
C#: .cs .csx
C++: .cpp .c++ .cc .cppm .cxx .h++ .hh .hpp .hxx .inl .ino .ipp .ixx .tcc .tpp
Cairo: .cairo
Clojure: .clj .cljc .cljs .boot | riemann.config | bb
CMake: .cmake .cmake.in | CMakeLists.txt
COBOL: .cob .cbl .cobol .cpy
CoffeeScript: .coffee .iced | Cakefile | coffee
ColdFusion: .cfm .cfml
Common Lisp: .lisp .asd .lsp | | lisp sbcl ccl clisp ecl
Crystal: .cr | | crystal
CUE: .cue
Cuda: .cu .cuh
Cython: .pyx .pxd .pxi
D: .d .di
Dart: .dart | | dart
Dhall: .dhall
Dockerfile: .dockerfile .containerfile | Containerfile Dockerfile
Earthly: | Earthfile
Elixir: .ex .exs | mix.lock | elixir
Elm: .elm
Emacs Lisp: .el | .emacs .spacemacs Cask
Erlang: .erl .app.src .escript .hrl .xrl .yrl | Emakefile rebar.config rebar.lock | escript
F#: .fs .fsi .fsx
Fennel: .fnl | | fennel
Forth: .fth .4th .forth
Fortran: .f .f77 .for
Fortran Free Form: .f90 .f03 .f08 .f95
GDScript: .gd
Gherkin: .feature .story
Gleam: .gleam
GLSL: .glsl .frag .vert .geom .tesc .tese
Go: .go
Groovy: .groovy .gvy | Jenkinsfile | groovy
Hack: .hack .hhi
Haskell: .hs .hs-boot .hsc | | runghc runhaskell runhugs
Haxe: .hx
HCL: .hcl .nomad .tf .tfvars .tofu
HLSL: .hlsl .cginc .fx .hlsli
Idris: .idr .lidr
Java: .java .jav .jsh
JavaScript: .js .cjs .es6 .jsm .jsx .mjs | Jakefile | node nodejs bun deno
Jsonnet: .jsonnet .libsonnet
Julia: .jl | | julia
Just: .just | justfile Justfile .justfile
Kotlin: .kt .ktm .kts
Lean 4: .lean
LLVM: .ll
Lua: .lua .rockspec .wlua | .luacheckrc | lua luajit
Makefile: .mak .make .makefile .mk | BSDmakefile GNUmakefile Kbuild Makefile Makefile.am Makefile.in makefile | make
MATLAB: .matlab
Meson: | meson.build meson_options.txt
Metal: .metal
Mojo: .mojo
Move: .move
Nim: .nim .nimble .nims | nim.cfg
Nix: .nix
Objective-C: .m
Objective-C++: .mm
OCaml: .ml .ml4 .mli .mll .mly | | ocaml ocamlrun ocamlscript
Odin: .odin
OpenCL: .cl .opencl
OpenSCAD: .scad
Pascal: .pas .dfm .dpr .lpr .pascal | | instantfpc
Perl: .pl .perl .ph .plx .pm .psgi .t | Makefile.PL cpanfile Rexfile | perl cperl
PHP: .php .ctp .php3 .php4 .php5 .phps .phpt | .php_cs .php_cs.dist | php
PLpgSQL: .pgsql
PLSQL: .pls .bdy .pck .pkb .pks .plb .plsql .tpb .tps .trg
Pony: .pony
PowerShell: .ps1 .psd1 .psm1 | | pwsh
Procfile: | Procfile
Prolog: .prolog .pro .yap | | swipl yap
Puppet: .pp | Modulefile
PureScript: .purs
Python: .py .gyp .gypi .py3 .pyi .pyw .wsgi | SConscript SConstruct wscript DEPS | python python2 python3 pypy pypy3 uv
QML: .qml .qbs
R: .r .rsx | .Rprofile | Rscript
Racket: .rkt .rktd .rktl .scrbl | | racket
Raku: .raku .rakumod .p6 .pl6 .pm6 | | perl6 raku rakudo
Reason: .re .rei
ReScript: .res .resi
Rocq Prover: .coq
Ruby: .rb .gemspec .jbuilder .podspec .rabl .rake .rbi .rbw .ru .ruby .thor | Berksfile Brewfile Capfile Dangerfile Fastfile Gemfile Guardfile Podfile Rakefile Vagrantfile .irbrc .pryrc | ruby jruby macruby rake
Rust: .rs .rs.in | | rust-script
SAS: .sas
Scala: .scala .kojo .sbt .sc | | scala
Scheme: .scm .sch .sld .sls .ss | | scheme guile chicken csi gosh
Shell: .sh .bash .bats .command .ksh .sh.in .tmux .zsh .zsh-theme | .bash_aliases .bash_profile .bashrc .cshrc .envrc .profile .tmux.conf .zprofile .zshenv .zshrc PKGBUILD gradlew mvnw | ash bash dash ksh mksh sh zsh
fish: .fish | | fish
Smalltalk: .st
Smarty: .tpl
Solidity: .sol
SQL: .sql .ddl .mysql .prc .udf .viw
Stan: .stan
Standard ML: .sml .fun .sig
Starlark: .bzl .star | BUCK BUILD BUILD.bazel MODULE.bazel Tiltfile WORKSPACE WORKSPACE.bazel
Swift: .swift
SWIG: .swg .swig .i
SystemVerilog: .sv .svh .vh
Tcl: .tcl .adp .tm | | tclsh wish
Thrift: .thrift
TSX: .tsx
TypeScript: .ts .cts .mts | | ts-node tsx
Vala: .vala .vapi
VBA: .bas .cls .frm .vba
Verilog: .v .veo
VHDL: .vhdl .vhd
Vim script: .vim | .vimrc .gvimrc _vimrc vimrc
Visual Basic .NET: .vb .vbhtml
WebAssembly: .wast .wat
WGSL: .wgsl
Wolfram Language: .wl .wls .nb .mathematica
XSLT: .xslt .xsl
Zig: .zig .zig.zon
"""

_MARKUP_AND_DATA = """
AsciiDoc: .asciidoc .adoc
Astro: .astro
Blade: .blade .blade.php
CSS: .css
CSV: .csv
Diff: .diff .patch
Dotenv: .env | .env.example .env.sample .env.template .env.test
EditorConfig: .editorconfig
EJS: .ejs .ect .jst
Gemfile.lock: | Gemfile.lock
Git Attributes: | .gitattributes
Git Config: .gitconfig | .gitmodules
Go Checksums: | go.sum go.work.sum
Go Module: | go.mod
Gradle: .gradle
GraphQL: .graphql .gql .graphqls
Haml: .haml
Handlebars: .handlebars .hbs
HTML: .html .hta .htm .xht .xhtml
HTML+ERB: .erb .rhtml
Ignore List: .gitignore | .dockerignore .eslintignore .npmignore .prettierignore .gitignore .ignore .rgignore
INI: .ini .cfg .cnf .service .socket .timer | .coveragerc .flake8 .pylintrc pylintrc
Java Properties: .properties
Jinja: .jinja .j2 .jinja2
JSON: .json .avsc .geojson .gltf .har .jsonl .ndjson .sarif .tfstate .topojson .webmanifest | Pipfile.lock composer.lock deno.lock flake.lock .nycrc .releaserc
JSON with Comments: .jsonc .code-workspace | .babelrc .eslintrc.json .swcrc devcontainer.json jsconfig.json tsconfig.json tslint.json
JSON5: .json5
Jupyter Notebook: .ipynb
Kusto: .kql .csl
Less: .less
Liquid: .liquid
Markdown: .md .livemd .markdown .mdown .mdwn .mkd .mkdn .mkdown
Maven POM: | pom.xml
MDX: .mdx
Mustache: .mustache
Nunjucks: .njk
Org: .org
Pip Requirements: | requirements.txt dev-requirements.txt requirements-dev.txt requirements.lock.txt
Prisma: .prisma
Protocol Buffer: .proto
Pug: .jade .pug
RDoc: .rdoc
reStructuredText: .rst .rest
RMarkdown: .qmd .rmd
Roff: .roff .1 .2 .3 .4 .5 .6 .7 .8 .man .mdoc .me .tmac
Sass: .sass
SCSS: .scss
Slim: .slim
Stylus: .styl
Svelte: .svelte
SVG: .svg
Terraform Template: .tftpl
TeX: .tex .aux .bbx .cbx .dtx .ins .ltx .sty
Text: .txt .text | CITATION COPYING COPYRIGHT INSTALL LICENSE NEWS README AUTHORS CHANGELOG CONTRIBUTING NOTICE
TOML: .toml | Cargo.lock Gopkg.lock Pipfile pdm.lock poetry.lock uv.lock
TSV: .tsv
Twig: .twig
Unity3D Asset: .anim .asset .mat .meta .prefab .unity
Vue: .vue
XML: .xml .admx .csproj .dita .fsproj .kml .launch .nuspec .props .proj .rdf .resx .rss .storyboard .targets .ui .vbproj .vcxproj .wsdl .wxs .xaml .xib .xlf .xliff .xsd .xul | .classpath .project App.config NuGet.config Web.config packages.config
XML Property List: .plist .tmLanguage .tmTheme
YAML: .yml .yaml .mir .sublime-syntax | .clang-format .clang-tidy .clangd .gemrc CITATION.cff pixi.lock yarn.lock
"""


def _parse(table: str) -> dict[str, tuple[list[str], list[str], list[str]]]:
    rows = {}
    for line in table.strip().splitlines():
        language, _, rest = line.partition(": ")
        columns = [column.split() for column in rest.split("|")] + [[], []]
        rows[language] = (columns[0], columns[1], columns[2])
    return rows


@cache
def _tables() -> tuple[dict[str, str], dict[str, str], dict[str, str], frozenset[str]]:
    """Extension, file name and interpreter → language, and the languages that are markup or data."""
    programming, markup = _parse(_PROGRAMMING), _parse(_MARKUP_AND_DATA)
    extensions: dict[str, str] = {}
    names: dict[str, str] = {}
    interpreters: dict[str, str] = {}
    for language, columns in (programming | markup).items():
        for index, keys in zip((extensions, names, interpreters), columns, strict=True):
            for key in keys:
                key = key if index is names else key.lower()
                if index.setdefault(key, language) != language:
                    raise AssertionError(f"{key} stands for both {index[key]} and {language}")
    return extensions, names, interpreters, frozenset(markup)


_SHEBANG = re.compile(r"#![ \t]*(?:\S*/)?(?:env[ \t]+(?:-S[ \t]+)?)?([A-Za-z][A-Za-z_+-]*[0-9]?)")


def language_of(path: str, first_line: str = "") -> str | None:
    """The linguist name of the language of a file, or ``None`` where the table does not know it.

    The file name decides, then the longest extension (``.blade.php`` before ``.php``), then, for names without a known
    extension, the interpreter that ``first_line`` names after ``#!``.
    """
    extensions, names, interpreters, _ = _tables()
    name = path.rpartition("/")[2]
    if name in names:
        return names[name]
    parts = name.lower().split(".")
    for start in range(1, len(parts)):
        if language := extensions.get("." + ".".join(parts[start:])):
            return language
    if name.startswith(("Dockerfile.", "Containerfile.")):  # the usual names of variants
        return "Dockerfile"
    if match := _SHEBANG.match(first_line):
        return interpreters.get(match[1].lower())
    return None


def is_markup(language: str | None) -> bool:
    """Whether a language is markup, data or prose, which the paper counts apart from code."""
    return language in _tables()[3]


def languages() -> tuple[str, ...]:
    """All languages that the tables know, sorted."""
    extensions, names, interpreters, _ = _tables()
    return tuple(sorted({*extensions.values(), *names.values(), *interpreters.values()}))
