/** What the window itself says, beside the page: dialogs and names of menus. The system's own lines come in its language. */

export interface Words {
  readonly file: string;
  readonly edit: string;
  readonly view: string;
  readonly training: string;
  readonly help: string;
  readonly pickFolder: string;
  readonly pickSplats: string;
  readonly splats: string;
  /** the project takes the place of NAME */
  readonly trains: string;
  readonly trainsDetail: string;
  readonly opensDetail: string;
  readonly saveAndQuit: string;
  readonly saveAndOpen: string;
  readonly keepOn: string;
  readonly cancel: string;
  readonly cannotSave: string;
  readonly quitAnyway: string;
  readonly crashed: string;
  readonly crashedDetail: string;
  readonly reload: string;
  readonly quit: string;
  readonly hangs: string;
  readonly wait: string;
  readonly cannotOpen: string;
}

const en: Words = {
  file: 'File',
  edit: 'Edit',
  view: 'View',
  training: 'Training',
  help: 'Help',
  pickFolder: 'Open a capture or a project',
  pickSplats: 'Open a splat file',
  splats: 'Splats',
  trains: 'NAME is being trained.',
  trainsDetail: 'Quitting saves the run; it can be continued later.',
  opensDetail: 'Opening something else saves the run; it can be continued later.',
  saveAndQuit: 'Save and Quit',
  saveAndOpen: 'Save and Open',
  keepOn: 'Keep Training, Minimize',
  cancel: 'Cancel',
  cannotSave: 'What is open could not be saved.',
  quitAnyway: 'Quit Anyway',
  crashed: 'The page crashes again and again.',
  crashedDetail: 'Training goes on meanwhile, and nothing is lost.',
  reload: 'Load Again',
  quit: 'Quit',
  hangs: 'The page does not answer.',
  wait: 'Wait',
  cannotOpen: 'This cannot be opened.',
};

const zh: Words = {
  file: '文件',
  edit: '编辑',
  view: '视图',
  training: '训练',
  help: '帮助',
  pickFolder: '打开采集文件夹或项目',
  pickSplats: '打开高斯点文件',
  splats: '高斯点',
  trains: 'NAME 正在训练。',
  trainsDetail: '退出时会保存本次训练，之后可以继续。',
  opensDetail: '打开其他内容时会保存本次训练，之后可以继续。',
  saveAndQuit: '保存并退出',
  saveAndOpen: '保存并打开',
  keepOn: '最小化，继续训练',
  cancel: '取消',
  cannotSave: '无法保存当前内容。',
  quitAnyway: '仍然退出',
  crashed: '页面反复崩溃。',
  crashedDetail: '训练仍在继续，数据没有丢失。',
  reload: '重新加载',
  quit: '退出',
  hangs: '页面没有响应。',
  wait: '等待',
  cannotOpen: '无法打开。',
};

/** @param locale  BCP 47, of the system */
export function wordsFor(locale: string): Words {
  return locale.toLowerCase().startsWith('zh') ? zh : en;
}
